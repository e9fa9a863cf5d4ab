// Ready-made shapes, after the tables of the demo pipelines.

export interface Quickstart {
  readonly fields: Readonly<Record<string, string>>;
  readonly key: readonly string[];
  /** Rows that come again and again; 0: each record is a new row. */
  readonly rows: number;
}

export const QUICKSTARTS: Readonly<Record<string, Quickstart>> = {
  event_names: {
    fields: {
      id: 'keyInt(1)',
      name: 'choice(Spring Market,Night Run,Open Kitchen,Book Swap,Repair Day,Harvest Fair,Film Night,Garden Tour)',
    },
    key: ['id'],
    rows: 200,
  },
  event_signups: {
    fields: { id: 'key(1)', user_id: 'long(1,100000)', event_id: 'int(1,200)', created_at: 'micros()' },
    key: ['id'],
    rows: 0,
  },
  orders: {
    fields: {
      order_id: 'key(1)',
      user_id: 'long(1,100000)!',
      amount: 'decimal(1,500,2)!',
      status: 'step(CREATED,PAID,SHIPPED,DELIVERED)',
      created_at: 'micros()!',
      updated_at: 'time()',
    },
    key: ['order_id'],
    rows: 10_000,
  },
  options: {
    fields: {
      user_id: 'key(1,4)',
      option_key: 'pick(email,push,sms,newsletter)',
      enabled: 'int(0,1)',
      updated_at: 'time()',
    },
    key: ['user_id', 'option_key'],
    rows: 40_000,
  },
};
