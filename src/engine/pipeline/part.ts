// One sub-topology while its code is generated.
import { Unit } from '../../sql/compile/unit.ts';
import type { SinkDef, SourceDef, StoreDef } from '../topology.ts';

/** One source's loop. `keys`: code that gathers the keys of evictable stores. */
export interface SourceCode {
  readonly def: SourceDef;
  readonly run: string;
}
/** A wish to be called by time: name of the generated function `(streamTimeMs, wallTimeMs) => next wall time or null`. */
export interface TickCode {
  readonly name: string;
}

export class Part {
  readonly id: string;
  readonly unit: Unit;
  readonly sources: SourceCode[] = [];
  readonly sinks: SinkDef[] = [];
  readonly stores: StoreDef[] = [];
  /** Statements at the start of an instance: operators with their stores. */
  readonly setup: string[] = [];
  readonly ticks: TickCode[] = [];
  /** `[source, code]`: statements in the loop over a chunk that push key rows to `keys[store]`. */
  readonly keyLoops: { readonly source: number; readonly store: number; readonly run: string }[] = [];

  /** `unit`: shared when code of two parts becomes one text. */
  constructor(id: string, unit: Unit = new Unit()) {
    this.id = id;
    this.unit = unit;
  }

  /** Adds a store; answers the name of its variable. */
  addStore(def: StoreDef): string {
    this.stores.push(def);
    return `store${this.stores.length - 1}`;
  }
  addSink(def: SinkDef): number {
    this.sinks.push(def);
    return this.sinks.length - 1;
  }
  /** The text of an instance. */
  body(): string {
    const lines: string[] = ['let output = null;', 'let headers = null;', 'let silent = false;'];
    this.stores.forEach((_, index) => {
      lines.push(`const store${index} = stores[${index}];`);
    });
    lines.push(...this.setup);
    this.sources.forEach((source, index) => {
      lines.push(`function run${index}(chunk, to) {\n  output = to;\n${source.run}\n}`);
    });
    const runs = this.sources.map((_, index) => `run${index}`).join(', ');
    const ticks = this.ticks.map(({ name }) => name).join(', ');
    const keys = this.keyLoops.map(
      ({ source, store, run }) => `{ source: ${source}, store: ${store}, gather(chunk) {\n${run}\n} }`,
    );
    lines.push(
      `return { runs: [${runs}], ticks: [${ticks}], keys: [${keys.join(', ')}], use(to) { output = to; headers = null; silent = false; } };`,
    );
    return lines.join('\n');
  }
}

/** What the generated text makes. */
export interface Generated {
  readonly runs: readonly ((chunk: unknown, output: unknown) => void)[];
  readonly ticks: readonly ((streamTimeMs: number, wallTimeMs: number) => number | null)[];
  readonly keys: readonly { readonly source: number; readonly store: number; gather(chunk: unknown): unknown[][] }[];
  use(output: unknown): void;
}
