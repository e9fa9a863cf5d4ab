// What a JSON reader looks for in an object: the columns, found by member name.
//
// Names: the member with exactly the column's name; else the members whose upper-cased name is the column's, the last of them.
// One member may serve two columns (`a` and `A`). Producers write their members in one order, so the plan learns it: the name at
// each place is compared with the one that stood there last time, and only a surprise goes through the table.
import type { Schema } from '../../core/data/schema.ts';

/** A column of an object, or the element of an array or map. */
export interface ValuePlan {
  readonly schema: Schema;
  /** False: nobody reads it, it is only checked. */
  readonly needed: boolean;
  /** Struct: its members. */
  readonly object: ObjectPlan | null;
  /** Array and map: their elements. */
  readonly items: ValuePlan | null;
  /** From `$`, for messages. */
  readonly path: string;
}

/** A member name as it was met. */
export interface Member {
  readonly name: Buffer;
  /** Columns the member serves, −1 for none. */
  readonly exact: number;
  readonly folded: number;
}

const LEARNED_MAX = 1000;

/** The members of objects of one kind: what names stand for, and in which order they come. */
export class Members {
  /** The member met at each place last time. */
  readonly order: Member[] = [];
  private readonly exact = new Map<string, number>();
  private readonly met = new Map<string, Member>();

  constructor(names: readonly string[]) {
    names.forEach((name, index) => {
      if (!this.exact.has(name)) this.exact.set(name, index);
    });
  }

  /** The member of a name that was not the expected one. */
  member(name: string): Member {
    const known = this.met.get(name);
    if (known !== undefined) return known;
    const exact = this.exact.get(name) ?? -1;
    const upper = name.toUpperCase();
    const folded = upper === name ? -1 : (this.exact.get(upper) ?? -1);
    const member = { name: Buffer.from(name, 'utf8'), exact, folded };
    // Objects used as maps have endless names: those beyond the limit are looked up each time.
    if (this.met.size < LEARNED_MAX) this.met.set(name, member);
    return member;
  }
}

/** The columns of an object. */
export class ObjectPlan extends Members {
  readonly columns: readonly ValuePlan[];

  constructor(columns: readonly ValuePlan[], names: readonly string[]) {
    super(names);
    this.columns = columns;
  }
}

/** Paths of wanted columns, as a tree: `null` is the whole value. */
export type Needs = Map<number, Needs> | null;

/** The tree of wanted paths. */
export function needsOf(wanted: readonly (readonly number[])[]): Needs {
  const root: Needs = new Map();
  for (const path of wanted) {
    let at: Map<number, Needs> = root;
    path.forEach((index, depth) => {
      if (depth === path.length - 1) at.set(index, null);
      else {
        const next = at.get(index);
        if (next === null) return;
        const below = next ?? new Map<number, Needs>();
        at.set(index, below);
        at = below;
      }
    });
  }
  return root;
}

/** The plan of a value; `needs` undefined: nobody reads it. */
export function valuePlan(schema: Schema, needs: Needs | undefined, path: string): ValuePlan {
  const needed = needs !== undefined;
  const object = schema.kind === 'struct' ? objectPlan(schema, needs, path) : null;
  const items =
    schema.items === undefined
      ? null
      : valuePlan(schema.items, needed ? null : undefined, `${path}${suffixOf(schema)}`);
  return { schema, needed, object, items, path };
}

/** The plan of an object. */
export function objectPlan(schema: Schema, needs: Needs | undefined, path: string): ObjectPlan {
  const fields = schema.fields ?? [];
  const columns = fields.map((field, index) =>
    valuePlan(field.schema, needs === null || needs === undefined ? needs : needs.get(index), `${path}.${field.name}`),
  );
  return new ObjectPlan(
    columns,
    fields.map((field) => field.name),
  );
}

function suffixOf(schema: Schema): string {
  return schema.kind === 'map' ? '{}' : '[]';
}
