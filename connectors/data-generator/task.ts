// One task: hands over the records that are due. The source offset is the number of the next record, so what a crash left
// uncommitted is made again, the same.
import type { ConnectRecord, ParsedConfig, RawConfig, SourceTask, SourceTaskContext } from 'tributary/connect';
import { Shape } from './shape.ts';

/** Number of this task and of all, put into each task's config by the connector. */
export const TASK_NUMBER = 'task.number';
export const TASK_COUNT = 'task.count';

const IDLE_MS = 250;
/** What is due after a standstill is caught up for at most so long. */
const BEHIND_MAX_MS = 1_000;

export class DataGeneratorTask implements SourceTask {
  #context!: SourceTaskContext;
  #shape!: Shape;
  #next = 0;
  #end = Number.POSITIVE_INFINITY;
  #batchMax = 0;
  /** 0: as many as it can. */
  #perMs = 0;
  /** Up to when what was due has been handed over. */
  #paidMs = 0;

  async start(config: ParsedConfig, raw: RawConfig, context: SourceTaskContext): Promise<void> {
    this.#context = context;
    const task = Number(raw[TASK_NUMBER] ?? context.task);
    this.#shape = new Shape(config, task, Number(raw[TASK_COUNT] ?? 1));
    this.#batchMax = config['batch.records'] as number;
    const iterations = config['iterations'] as number;
    if (iterations >= 0) this.#end = iterations;
    const interval = config['max.interval'] as number;
    this.#perMs = interval > 0 ? 2 / interval : (config['records.per.second'] as number) / 1000;
    const stored = await context.offset({ task });
    if (typeof stored?.['next'] === 'number') this.#next = stored['next'];
    this.#paidMs = context.clock.now();
  }

  async poll(): Promise<readonly ConnectRecord[] | null> {
    const { clock, signal } = this.#context;
    const left = this.#end - this.#next;
    if (left <= 0) {
      await clock.sleep(IDLE_MS, signal);
      return null;
    }
    const count = Math.min(left, this.#batchMax, this.#due());
    if (count === 0) {
      await clock.sleep(Math.min(IDLE_MS, Math.ceil(1 / this.#perMs)), signal);
      return null;
    }
    const records: ConnectRecord[] = [];
    const nowMs = clock.now();
    const shape = this.#shape;
    for (let i = 0; i < count; i++) shape.append(records, this.#next + i, nowMs);
    this.#next += count;
    if (this.#perMs > 0) this.#paidMs += count / this.#perMs;
    return records;
  }

  async stop(): Promise<void> {}

  #due(): number {
    if (this.#perMs === 0) return this.#batchMax;
    const nowMs = this.#context.clock.now();
    this.#paidMs = Math.max(this.#paidMs, nowMs - Math.max(BEHIND_MAX_MS, 1 / this.#perMs));
    return Math.floor((nowMs - this.#paidMs) * this.#perMs + 1e-9);
  }
}
