// One run of one task: from its start to its end, whatever the end. `TaskRuntime` keeps what outlives runs: status, restarts,
// and which run counts.
//
// Law: a run is told things (pause, stop) and tells things (its state, its end); nothing else passes. So it may stand on this
// thread or on another one.
import type { ProcessorConnector, ProcessorTask, SinkConnector, SourceConnector } from '../../connect/connectors.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseConfigOrThrow } from '../../core/config/parse.ts';
import type { Logger } from '../../core/log.ts';
import { prepareChain } from '../../plugins/chain.ts';
import { CallWatch, hung, watchedProcessor, watchedSink, watchedSource } from './call-watch.ts';
import type { TaskRun } from './isolation.ts';
import type { Lease } from './lease.ts';
import { ProcessorTaskLoop } from './processor-task.ts';
import { reloadingRun } from './reloading-run.ts';
import { SinkTaskLoop } from './sink-task.ts';
import { SourceTaskLoop } from './source-task.ts';
import { openTaskClients, type TaskClients } from './task-clients.ts';
import { connectorContext, counters, TaskControl, type TaskFrame } from './task-frame.ts';
import type { TaskOwner, TaskPlan } from './task-order.ts';
import { errorSettings, Tolerance } from './tolerance.ts';

const CHECK_MS = 1000;

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

export type { TaskRun } from './isolation.ts';

/** Starts a run where the task belongs. Never throws: what fails, fails the run. */
export function startRun(order: RunOrder): TaskRun {
  const { providers } = order.owner.environment;
  return providers.isFetched(order.plan.config) ? reloadingRun(order, startOnce) : startOnce(order);
}

function startOnce(order: RunOrder): TaskRun {
  const { isolation } = order.owner.environment;
  const elsewhere = isolation?.run(order) ?? null;
  if (elsewhere !== null) return elsewhere;
  const limitMs = isolation?.hangLimitMs(order.plan) ?? null;
  return limitMs === null ? runHere(order, null) : runWithin(order, limitMs);
}

/** A run on the calling thread. `watch` is told of each call into the plugin. */
export function runHere(order: RunOrder, watch: CallWatch | null): TaskRun {
  const control = new TaskControl(order.paused, (state) => order.became(state));
  let isOwn = true;
  const lease: Lease = {
    get untilMs() {
      return order.lease.untilMs;
    },
    // A run that was let go must not act any more, should its plugin come back.
    holds: () => isOwn && order.lease.holds(),
  };
  return {
    ended: run({ ...order, lease }, control, watch),
    get idle() {
      return control.idle;
    },
    get settled() {
      return control.settled;
    },
    get retrying() {
      return control.retries.current;
    },
    pause: (paused) => control.pause(paused),
    stop: () => control.stop(),
    letGo: () => {
      isOwn = false;
    },
  };
}

/** A run on the main thread that is over when a call into its plugin takes too long. */
function runWithin(order: RunOrder, limitMs: number): TaskRun {
  const { clock } = order.owner.environment;
  const watch = new CallWatch(clock);
  const run = runHere(order, watch);
  const over = new AbortController();
  const hanging = async (): Promise<void> => {
    while (!over.signal.aborted) {
      const overdue = watch.overdue(limitMs);
      if (overdue !== null) {
        run.stop();
        run.letGo();
        throw hung(overdue.call, overdue.forMs, `${order.owner.name} task ${order.task}`);
      }
      await clock.sleep(Math.min(limitMs / 4, CHECK_MS), over.signal);
    }
  };
  return {
    ended: Promise.race([run.ended, hanging()]).finally(() => over.abort()),
    get idle() {
      return run.idle;
    },
    get settled() {
      return run.settled;
    },
    get retrying() {
      return run.retrying;
    },
    pause: run.pause,
    stop: run.stop,
    letGo: run.letGo,
  };
}

async function run(order: RunOrder, control: TaskControl, watch: CallWatch | null): Promise<void> {
  const { environment } = order.owner;
  const raw = environment.providers.resolve(order.plan.config);
  const clients = await openTaskClients(environment, raw, order.plan.definition.kind);
  try {
    await runWith(frameOf(order, control, raw, clients), order, watch);
  } finally {
    await clients.close();
  }
}

async function runWith(frame: TaskFrame, order: RunOrder, watch: CallWatch | null): Promise<void> {
  const { definition } = order.plan;
  const { raw } = frame.config;
  const prepare = (): Promise<void> => prepareChain(raw, frame.environment.plugins);
  await (watch === null ? prepare() : watch.call('preparation of transforms', true, prepare));
  if (definition.kind === 'sink') {
    const task = (order.plan.connector as SinkConnector).task();
    await new SinkTaskLoop(frame, watch === null ? task : watchedSink(task, watch)).run();
  } else if (definition.kind === 'source') {
    const task = (order.plan.connector as SourceConnector).task();
    await new SourceTaskLoop(frame, watch === null ? task : watchedSource(task, watch), order.owner.offsets).run();
  } else {
    const make = (): ProcessorTask => (order.plan.connector as ProcessorConnector).task();
    await new ProcessorTaskLoop(frame, watch === null ? make : () => watchedProcessor(make(), watch)).run();
  }
}

function frameOf(
  { owner, task, plan, log, lease }: RunOrder,
  control: TaskControl,
  raw: RawConfig,
  clients: TaskClients,
): TaskFrame {
  const { environment, name } = owner;
  const parsed = parseConfigOrThrow(plan.definition.config, raw, name);
  const counter = counters(environment, { connector: name, task: String(task) });
  const base = connectorContext(environment, name, log, counter, owner);
  return {
    environment,
    clients,
    connector: name,
    task,
    taskCount: plan.taskCount,
    className: plan.className,
    config: { raw, parsed },
    log,
    control,
    lease,
    context: {
      ...base,
      task,
      signal: control.signal,
      retrying: (error) => {
        if (error === null) control.retries.done('task');
        else control.retries.failed('task', error, environment.clock.now());
      },
    },
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
