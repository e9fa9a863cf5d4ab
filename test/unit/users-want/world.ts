// What the tests of users' wishes share.
import { type ConnectorDef, TributaryError } from '../../../src/connect/index.ts';
import { SinkProbe } from '../../support/host-world.ts';

export const sinkConfig = (more: Record<string, string> = {}) => ({
  'connector.class': 'ProbeSink',
  topics: 'in',
  ...more,
});

/** A sink whose tasks fail at start until `mend` is called. */
export function failingSink(): { readonly probe: SinkProbe; readonly definition: ConnectorDef; mend(): void } {
  const probe = new SinkProbe();
  probe.script = {
    onStart: () => {
      throw new TributaryError('TRIB_TEST_DOWN', 'fatal', { what: 'The target is down.' });
    },
  };
  return {
    probe,
    definition: probe.definition(),
    mend: () => {
      probe.script = {};
    },
  };
}

/** A sink whose connector does not come back from `start`. */
export function stuckSink(): ConnectorDef {
  const definition = new SinkProbe().definition('StuckSink');
  return {
    ...definition,
    create: () => ({ ...definition.create(), start: () => new Promise<void>(() => {}) }),
  } as ConnectorDef;
}
