// A worker as its metrics see it: what runs here, with the meters and text attributes of each task.
import type { RawConfig } from '../../core/config/define.ts';
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

/** Text attributes of tasks are looked up once for a config: they change with it only. */
export class WorkerMeters {
  readonly #environment: Environment;
  readonly #facts = new WeakMap<RawConfig, ConnectorFacts>();

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  connectors(locals: Iterable<LocalConnector>): readonly MeteredConnector[] {
    const { metrics } = this.#environment;
    return [...locals].map(({ name, config, state, tasks }): MeteredConnector => {
      const { isSource, connector, task } = this.#factsOf(config);
      return {
        name,
        isSource,
        state,
        facts: connector,
        tasks: tasks.map(
          (one): MeteredTask => ({ id: one.id, state: one.state, meter: metrics.meter(name, one.id), facts: task }),
        ),
      };
    });
  }

  #factsOf(config: RawConfig): ConnectorFacts {
    let facts = this.#facts.get(config);
    if (facts === undefined) {
      facts = factsOf(config, this.#environment);
      this.#facts.set(config, facts);
    }
    return facts;
  }
}

interface ConnectorFacts {
  readonly isSource: boolean;
  readonly connector: Readonly<Record<string, string>>;
  readonly task: Readonly<Record<string, string>>;
}

function factsOf(given: RawConfig, environment: Environment): ConnectorFacts {
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
