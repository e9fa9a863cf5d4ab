// A query without tasks, topics and transactions of its own: push queries, and pull queries over streams.
//
// All partitions go through one instance of each part, state lives in memory, and rows for a repartition topic are handed straight
// to the part that would read it. Nothing is committed: the query is gone when its reader is.
import type { Row, Value } from '../core/data/schema.ts';
import type { Broker, Headers, Offsets } from '../ports/broker.ts';
import type { Clock } from '../ports/clock.ts';
import { CachedState } from './cached-state.ts';
import { decoderOf, type OnBadRecord } from './decode-chunk.ts';
import { Intake } from './intake.ts';
import { partitionKeys } from './progress.ts';
import type { Serdes } from './serdes.ts';
import type { Chunk, Output, SourceDef, TaskInstance, Topology } from './topology.ts';

export interface TransientSetup {
  readonly topology: Topology;
  readonly broker: Broker;
  readonly serdes: Serdes;
  readonly clock: Clock;
  /** Partition counts of the sources' topics. */
  readonly partitions: ReadonlyMap<string, number>;
  readonly from: Offsets;
  /** Ends when everything up to here was run; null: never by itself. */
  readonly until: Offsets | null;
  /** See `TaskSetup.tablesSettled`. */
  readonly tablesSettled: ((signal: AbortSignal) => Promise<void>) | null;
  readonly signal: AbortSignal;
  readonly onBad: OnBadRecord;
  /** A row of the result. */
  row(key: Row | null, row: Row | null, timeMs: number): void;
  /** After each batch: hands rows on and waits for a slow reader. Answers false when no more are wanted. */
  deliver(): Promise<boolean>;
}

const IDLE_WAIT_MS = 500;

/** Runs until `until`, until no more rows are wanted, or until aborted. */
export async function runTransient(setup: TransientSetup): Promise<void> {
  const parts = setup.topology.parts.map((part, index) => new LocalPart(setup, index, part.sources, part.sinks.length));
  for (const part of parts) part.connect(parts);
  const sources = parts.flatMap((part, index) =>
    part.external.map((source) => ({ part, source, def: setup.topology.parts[index]!.sources[source]! })),
  );
  const intake = await Intake.open({
    broker: setup.broker,
    decoders: sources.map(({ def }) => decoderOf(setup.serdes, def)),
    keys: sources.map(({ def }) => partitionKeys(def.topic, setup.partitions.get(def.topic) ?? 0)),
    from: setup.from,
    onBad: setup.onBad,
    tablesSettled: setup.tablesSettled,
    signal: setup.signal,
  });
  const wake = (): void => intake.wake();
  setup.signal.addEventListener('abort', wake);
  try {
    await drive(setup, parts, sources, intake);
  } finally {
    setup.signal.removeEventListener('abort', wake);
    await intake.close();
  }
}

async function drive(
  setup: TransientSetup,
  parts: readonly LocalPart[],
  sources: readonly { readonly part: LocalPart; readonly source: number }[],
  intake: Intake,
): Promise<void> {
  let nextTickMs: number | null = null;
  while (!setup.signal.aborted) {
    const work = await intake.next();
    if (work !== null && work.chunk.length > 0) {
      const { part, source } = sources[work.source]!;
      part.run(source, work.chunk);
    }
    const nowMs = setup.clock.now();
    if (work !== null || (nextTickMs !== null && nowMs >= nextTickMs)) nextTickMs = tickAll(parts, nowMs);
    if (!(await setup.deliver())) return;
    if (work !== null) continue;
    if (setup.until !== null && intake.reached(setup.until)) return;
    await intake.wait(Math.max(1, Math.min(IDLE_WAIT_MS, (nextTickMs ?? Number.POSITIVE_INFINITY) - nowMs)));
  }
}

function tickAll(parts: readonly LocalPart[], nowMs: number): number | null {
  let next: number | null = null;
  for (const part of parts) {
    const at = part.tick(nowMs);
    if (at !== null && (next === null || at < next)) next = at;
  }
  return next;
}

/** One part with its state, and the way of its rows. */
class LocalPart implements Output {
  /** Indexes of the sources that are topics from outside. */
  readonly external: readonly number[];
  readonly #setup: TransientSetup;
  readonly #index: number;
  readonly #instance: TaskInstance;
  readonly #states: readonly CachedState[];
  /** By sink: where its rows go; null: to the reader. */
  #targets: readonly (LocalSource | null)[] = [];
  #streamTimeMs = -1;

  constructor(setup: TransientSetup, index: number, sources: readonly SourceDef[], sinks: number) {
    const part = setup.topology.parts[index]!;
    this.#setup = setup;
    this.#index = index;
    this.external = sources.map((_, source) => source).filter((source) => !sources[source]!.internal);
    this.#states = part.stores.map((def) => new CachedState(def));
    this.#instance = part.instantiate(this.#states);
    this.#targets = new Array<null>(sinks).fill(null);
  }

  connect(parts: readonly LocalPart[]): void {
    const { topology } = this.#setup;
    this.#targets = topology.parts[this.#index]!.sinks.map((sink) => {
      if (!sink.internal) return null;
      for (let index = 0; index < parts.length; index++) {
        const source = topology.parts[index]!.sources.findIndex(({ topic }) => topic === sink.topic);
        if (source >= 0) return new LocalSource(parts[index]!, source, topology.parts[index]!.sources[source]!);
      }
      return null;
    });
  }

  run(source: number, chunk: Chunk): void {
    for (let i = 0; i < chunk.length; i++)
      if (chunk.timesMs[i]! > this.#streamTimeMs) this.#streamTimeMs = chunk.timesMs[i]!;
    this.#instance.run(source, chunk, this);
    this.#settle();
  }

  tick(nowMs: number): number | null {
    const next = this.#instance.tick(this.#streamTimeMs, nowMs, this);
    this.#settle();
    return next;
  }

  emit(sink: number, key: Row | null, row: Row | null, timeMs: number, headers: Headers | null, silent: boolean): void {
    const target = this.#targets[sink] ?? null;
    if (target === null) this.#setup.row(key, row, timeMs);
    else target.add(key, row, timeMs, headers, silent);
  }

  #settle(): void {
    for (const state of this.#states) state.settle();
    this.#instance.takeFailures();
    for (const target of this.#targets) target?.flush();
  }
}

/** Rows on their way from one part to the next. */
class LocalSource {
  readonly #part: LocalPart;
  readonly #source: number;
  readonly #def: SourceDef;
  #keys: (Row | null)[] = [];
  #rows: (Row | null)[] = [];
  #timesMs: number[] = [];
  #headers: (Headers | null)[] = [];
  #silent: boolean[] = [];

  constructor(part: LocalPart, source: number, def: SourceDef) {
    this.#part = part;
    this.#source = source;
    this.#def = def;
  }

  add(key: Row | null, row: Row | null, timeMs: number, headers: Headers | null, silent: boolean): void {
    this.#keys.push(key === null ? null : cellsAt(key, this.#def.wantedKey, this.#def.key.window !== null));
    this.#rows.push(row === null ? null : cellsAt(row, this.#def.wantedValue, false));
    this.#timesMs.push(timeMs);
    this.#headers.push(headers);
    this.#silent.push(silent);
  }

  flush(): void {
    const length = this.#rows.length;
    if (length === 0) return;
    const chunk: Chunk = {
      length,
      keys: this.#keys,
      rows: this.#rows,
      timesMs: this.#timesMs,
      silent: this.#silent,
      ...(this.#def.needsHeaders ? { headers: this.#headers } : {}),
      ...(this.#def.needsOffsets ? { partitions: zeros(length), offsets: zeros(length) } : {}),
    };
    this.#keys = [];
    this.#rows = [];
    this.#timesMs = [];
    this.#headers = [];
    this.#silent = [];
    this.#part.run(this.#source, chunk);
  }
}

function zeros(length: number): number[] {
  return new Array<number>(length).fill(0);
}

/** The wanted cells of a whole row, as a reader of its payload would give them. */
function cellsAt(row: Row, paths: readonly (readonly number[])[], windowed: boolean): Row {
  const cells = paths.map((path) => {
    let cell: Value = row;
    for (const index of path) cell = cell === null ? null : ((cell as Row)[index] ?? null);
    return cell;
  });
  if (windowed) cells.push(...row.slice(-2));
  return cells;
}
