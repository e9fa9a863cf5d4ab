// One run of one task: from its start to its end, whatever the end. `TaskRuntime` keeps what outlives runs: status, restarts,
// and which run counts.
//
// Law: a run is told things (pause, stop) and tells things (its state, its end); nothing else passes. So it may stand on this
// thread or on another one.
import type { ProcessorConnector, SinkConnector, SourceConnector } from '../connect/connectors.ts';
import { parseConfigOrThrow } from '../core/config/parse.ts';
import type { Logger } from '../core/log.ts';
import { prepareChain } from '../plugins/chain.ts';
import type { Offsets } from '../ports/broker.ts';
import type { Lease } from './lease.ts';
import { ProcessorTaskLoop } from './processor-task.ts';
import { SinkTaskLoop } from './sink-task.ts';
import { SourceTaskLoop } from './source-task.ts';
import { connectorContext, counters, TaskControl, type TaskFrame } from './task-frame.ts';
import type { TaskOwner, TaskPlan } from './task-runtime.ts';
import { errorSettings, Tolerance } from './tolerance.ts';

/** What a run needs from its start. */
export interface RunOrder {
  readonly owner: TaskOwner;
  readonly task: number;
  readonly plan: TaskPlan;
  readonly log: Logger;
  readonly paused: boolean;
  /** Work may be done only while it holds. */
  readonly lease: Lease;
  /** Told each time the run acts as it was asked to; possibly twice in a row. */
  became(state: 'RUNNING' | 'PAUSED'): void;
}

/** A run that goes on. */
export interface TaskRun {
  /** Resolves when the run has stopped as it was told; rejects with what ended it. */
  readonly ended: Promise<void>;
  /** The task has looked for work and found none. */
  readonly idle: boolean;
  /** Up to where the task is done with its input, as far as it knows better than its committed offsets. */
  readonly settled: Offsets;
  pause(paused: boolean): void;
  stop(): void;
  /** It did not end in time after `stop`: it is ended by force where that is possible. */
  letGo(): void;
}

/** Starts a run where the task belongs. Never throws: what fails, fails the run. */
export function startRun(order: RunOrder): TaskRun {
  return runHere(order);
}

/** A run on the calling thread. */
export function runHere(order: RunOrder): TaskRun {
  const control = new TaskControl(order.paused, (state) => order.became(state));
  return {
    ended: run(order, control),
    get idle() {
      return control.idle;
    },
    get settled() {
      return control.settled;
    },
    pause: (paused) => control.pause(paused),
    stop: () => control.stop(),
    letGo: () => {},
  };
}

async function run(order: RunOrder, control: TaskControl): Promise<void> {
  const { connector, definition } = order.plan;
  const frame = frameOf(order, control);
  await prepareChain(frame.config.raw, frame.environment.plugins);
  if (definition.kind === 'sink') await new SinkTaskLoop(frame, (connector as SinkConnector).task()).run();
  else if (definition.kind === 'source') {
    await new SourceTaskLoop(frame, (connector as SourceConnector).task(), order.owner.offsets).run();
  } else await new ProcessorTaskLoop(frame, () => (connector as ProcessorConnector).task()).run();
}

function frameOf({ owner, task, plan, log, lease }: RunOrder, control: TaskControl): TaskFrame {
  const { environment, name } = owner;
  const raw = environment.providers.resolve(plan.config);
  const parsed = parseConfigOrThrow(plan.definition.config, raw, name);
  const counter = counters(environment, { connector: name, task: String(task) });
  const base = connectorContext(environment, name, log, counter, owner);
  return {
    environment,
    connector: name,
    task,
    taskCount: plan.taskCount,
    className: plan.className,
    config: { raw, parsed },
    log,
    control,
    lease,
    context: { ...base, task, signal: control.signal },
    counter,
    noteTopic: owner.noteTopic,
    tolerance: new Tolerance({
      settings: errorSettings(raw),
      connector: name,
      task,
      log,
      failed: counter('records_failed'),
      skipped: counter('records_skipped'),
      meter: environment.metrics.meter(name, task),
      now: () => environment.clock.now(),
      redact: (text) => environment.redactor.redact(text),
    }),
  };
}
