// Runs a processor task: the task owns its poll → transaction loop, the host starts, watches, pauses and stops it.
import type { DeadLetter, ProcessorContext, ProcessorTask, RecordFailure } from '../../connect/connectors.ts';
import type { RecordChain } from '../../connect/plugins.ts';
import { compileChain } from '../../plugins/chain.ts';
import { taskTransactionalId } from '../environment.ts';
import { lazyConverters } from './converters.ts';
import { unlessAborted } from './deadline.ts';
import { sinkGroup } from './sink-partitions.ts';
import type { TaskFrame } from './task-frame.ts';
import { watchedBroker } from './watched-broker.ts';

/** Counters of a processor that Connect knows as figures of a sink. */
const METERED: Readonly<Record<string, 'read' | 'sent'>> = { records_read: 'read', records_written: 'sent' };

export class ProcessorTaskLoop {
  readonly #frame: TaskFrame;
  readonly #make: () => ProcessorTask;

  /** @param make a fresh task a run: a paused processor is stopped, and made anew on resume. */
  constructor(frame: TaskFrame, make: () => ProcessorTask) {
    this.#frame = frame;
    this.#make = make;
  }

  async run(): Promise<void> {
    const { control } = this.#frame;
    while (!control.signal.aborted) {
      if (control.paused) {
        control.is('PAUSED');
        await control.resumed();
      } else await this.#runOnce();
    }
  }

  /** One life of the task, until it fails, is paused or is stopped. */
  async #runOnce(): Promise<void> {
    const { control, config } = this.#frame;
    const task = this.#make();
    const stop = new AbortController();
    const { promise: broken, reject: fail } = Promise.withResolvers<never>();
    const life = this.#life(task, stop.signal, config.parsed, fail);
    try {
      await Promise.race([life, broken, control.changed()]);
    } finally {
      stop.abort();
      await task.stop();
    }
    // What the task began before it was stopped is finished: its last transaction counts, and so does its failure.
    await life;
  }

  async #life(
    task: ProcessorTask,
    signal: AbortSignal,
    parsed: TaskFrame['config']['parsed'],
    fail: (error: Error) => void,
  ): Promise<void> {
    await task.start(parsed, this.#frame.config.raw, this.#context(signal, fail));
    this.#frame.control.is('RUNNING');
    await task.run();
    // A run that ends by itself has nothing left to do; the task stays, so that it can be paused and stopped like any other.
    await unlessAborted(new Promise<never>(() => {}), signal);
  }

  #context(signal: AbortSignal, fail: (error: Error) => void): ProcessorContext {
    const { context, environment, config, connector, task, tolerance, log } = this.#frame;
    const warn = (message: string) => log.warn(message);
    const meter = environment.metrics.meter(connector, task);
    let chain: RecordChain | null = null;
    const converters = lazyConverters(config.raw, environment);
    const broker = watchedBroker(this.#frame.clients.producer, this.#frame.noteTopic);
    return {
      ...context,
      count: (name, by) => {
        context.count(name, by);
        const stat = METERED[name];
        if (stat !== undefined && by > 0) meter.note(stat, by, environment.clock.now());
      },
      signal,
      broker,
      openBroker: async (raw) => (await environment.openBroker(raw)) ?? broker,
      converters,
      get chain() {
        chain ??= compileChain(config.raw, environment.plugins, warn);
        return chain;
      },
      compileChain: (raw) => compileChain(raw, environment.plugins, warn),
      transactionalId: taskTransactionalId(environment.settings, connector, task),
      group: sinkGroup(connector),
      failed: (failure: RecordFailure): DeadLetter | null => {
        const letter = tolerance.report(failure);
        const verdict = tolerance.verdict(failure);
        if (verdict !== null) throw verdict;
        return letter;
      },
      registry: environment.registry,
      store: environment.store,
      service: (name) => environment.services.get(name),
      fail,
      mayWork: () => this.#frame.lease.holds(),
    };
  }
}
