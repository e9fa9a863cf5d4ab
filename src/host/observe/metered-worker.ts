// A worker as its metrics see it: what runs here, with the meters and text attributes of each task.
import type { RawConfig } from '../../core/config/define.ts';
import { labelText } from '../../core/metrics.ts';
import type { Environment } from '../environment.ts';
import type { State } from '../states.ts';
import { converterChoice } from '../tasks/converters.ts';
import type { MeteredConnector, MeteredTask } from './connect-metrics-family.ts';

/** A connector with the tasks that run here. */
export interface LocalConnector {
  readonly name: string;
  readonly config: RawConfig;
  /** Null: its instance runs elsewhere. */
  readonly state: State | null;
  readonly tasks: readonly { readonly id: number; readonly state: State }[];
}

/** Text attributes and labels of tasks are made once for a config: they change with it only. */
export class WorkerMeters {
  readonly #environment: Environment;
  readonly #facts = new WeakMap<RawConfig, ConnectorFacts>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  connectors(locals: Iterable<LocalConnector>): readonly MeteredConnector[] {
    const { metrics } = this.#environment;
    return [...locals].map(({ name, config, state, tasks }): MeteredConnector => {
      const known = this.#factsOf(name, config);
      return {
        name,
        labels: known.labels,
        isSource: known.isSource,
        state,
        facts: known.connector,
        tasks: tasks.map((task): MeteredTask => {
          known.taskLabels[task.id] ??= labelText({ connector: name, task: String(task.id) });
          const meter = metrics.meter(name, task.id);
          return { id: task.id, labels: known.taskLabels[task.id]!, state: task.state, meter, facts: known.task };
        }),
      };
    });
  }

  #factsOf(name: string, config: RawConfig): ConnectorFacts {
    let facts = this.#facts.get(config);
    if (facts === undefined) {
      facts = { ...factsOf(config, this.#environment), labels: labelText({ connector: name }), taskLabels: [] };
      this.#facts.set(config, facts);
    }
    return facts;
  }
}

interface ConnectorFacts extends TextFacts {
  readonly labels: string;
  /** By the task's number; made when they are asked for. */
  readonly taskLabels: string[];
}

interface TextFacts {
  readonly isSource: boolean;
  readonly connector: Readonly<Record<string, string>>;
  readonly task: Readonly<Record<string, string>>;
}

function factsOf(given: RawConfig, environment: Environment): TextFacts {
  const config = environment.providers.resolve(given);
  const found = environment.plugins.findConnector(config['connector.class'] ?? '');
  const kind = found?.def.kind ?? 'sink';
  const version = found?.def.version ?? 'undefined';
  const connector = {
    // A processor reads topics under a group, as a sink does; clients know no third kind.
    'connector-type': kind === 'source' ? 'source' : 'sink',
    'connector-class': found?.className ?? config['connector.class'] ?? '',
    'connector-version': version,
  };
  const task: Record<string, string> = {
    ...connector,
    'task-class': connector['connector-class'],
    'task-version': version,
  };
  for (const side of ['key', 'value', 'header'] as const) {
    const { className } = converterChoice(side, config, environment);
    const kindOfConverter = side === 'header' ? 'header-converter' : 'converter';
    task[`${side}-converter-class`] = className;
    task[`${side}-converter-version`] =
      environment.plugins.find(kindOfConverter, className)?.def.version ?? 'undefined';
  }
  return { isSource: kind === 'source', connector, task };
}
