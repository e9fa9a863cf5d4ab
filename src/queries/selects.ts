// SELECTs of clients: pull queries in the tasks that keep the table, push queries as transient ones that end with their client.
import { TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import type { Progress } from '../engine/progress.ts';
import { streamPlan } from '../engine/pull.ts';
import type { Serdes } from '../engine/serdes.ts';
import type { Broker } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { StateStore } from '../ports/state-store.ts';
import type { Bound } from '../sql/bind/statement.ts';
import type { Functions } from '../sql/functions/registry.ts';
import { openPull } from './pull.ts';
import { openTransient } from './push.ts';
import type { RowStream } from './results.ts';
import type { RunControl } from './run-control.ts';
import { resetOf } from './settings.ts';
import type { PreparedStatement } from './statements.ts';

export interface SelectPorts {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly serdes: Serdes;
  readonly functions: Functions;
  readonly progress: Progress;
  readonly runs: RunControl;
  /** In [0, 1). */
  random(): number;
  /** Throws where another host keeps the rows of this query, or nobody that is known. */
  checkHere(queryId: string, table: string): void;
}

export class Selects {
  readonly #ports: SelectPorts;
  readonly #streams = new Map<string, RowStream>();

  constructor(ports: SelectPorts) {
    this.#ports = ports;
  }

  /** Push queries that are open now. */
  get openCount(): number {
    return this.#streams.size;
  }

  async open(bound: Bound, prepared: PreparedStatement): Promise<RowStream> {
    const { runs, functions, clock } = this.#ports;
    const context = runs.context(prepared.properties);
    if (bound.kind === 'pull' && bound.pull.queryId !== null) {
      this.#ports.checkHere(bound.pull.queryId, bound.pull.source.name);
      return openPull({
        queryId: `query_${clock.now()}`,
        plan: bound.pull,
        run: runs.need(bound.pull.queryId),
        functions,
        context,
        clock,
      });
    }
    if (bound.kind === 'pull') {
      return openTransient(this.#ports, {
        queryId: `query_${clock.now()}`,
        kind: 'pull',
        plan: streamPlan(bound.pull),
        columns: bound.pull.columns,
        limit: bound.pull.limit,
        streamsFrom: 'earliest',
        context,
      });
    }
    if (bound.kind !== 'push') throw notAQuery(prepared.parsed.text);
    const { planned, plan } = bound;
    const stream = await openTransient(this.#ports, {
      queryId: this.#transientId(planned.sources[0]?.name ?? 'QUERY'),
      kind: 'push',
      plan,
      columns: plan.columns.slice(plan.keys.length).map(({ name, type }) => ({ name, type, isKey: false })),
      limit: planned.limit,
      streamsFrom: resetOf(prepared.properties) ?? 'latest',
      context,
    });
    return this.#track(stream);
  }

  /** Ends an open push query; false when there is none of that id. */
  async close(queryId: string): Promise<boolean> {
    const stream = this.#streams.get(queryId);
    await stream?.close();
    return stream !== undefined;
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#streams.values()].map((stream) => stream.close()));
  }

  #track(stream: RowStream): RowStream {
    this.#streams.set(stream.queryId, stream);
    const close = stream.close.bind(stream);
    stream.close = async () => {
      this.#streams.delete(stream.queryId);
      await close();
    };
    return stream;
  }

  #transientId(source: string): string {
    const digits = Math.floor(this.#ports.random() * 1e15)
      .toString()
      .padStart(15, '0');
    return `transient_${source}_${digits}${String(this.#ports.clock.now() % 10_000).padStart(4, '0')}`;
  }
}

/** Something else where one SELECT or PRINT is expected. */
export function notAQuery(text: string): TributaryError {
  return new TributaryError('TRIB_SQL_NOT_A_QUERY', 'sql', {
    what: 'Exactly one SELECT or PRINT is expected here.',
    where: text.trim().slice(0, 80),
    fix: 'Send other statements to /ksql.',
  });
}
