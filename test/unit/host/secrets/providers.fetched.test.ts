import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigProviderDef, ProvidedValues } from '../../../../src/connect/config-provider.ts';
import { TributaryError } from '../../../../src/core/errors.ts';
import { Redactor } from '../../../../src/core/redact.ts';
import { Providers } from '../../../../src/host/secrets/providers.ts';
import { watchValues } from '../../../../src/host/secrets/value-watch.ts';
import { turningClock } from '../../../support/turning-clock.ts';

const WORKER = {
  'config.providers': 'vault',
  'config.providers.vault.class': 'test.VaultProvider',
  'config.providers.vault.param.region': 'eu',
};

function world(worker: Record<string, string> = WORKER) {
  const clock = turningClock();
  const redactor = new Redactor();
  const asked: string[] = [];
  const secrets = new Map([['db', { user: 'anna', password: 'sesame street' } as Record<string, string>]]);
  const state = { ttlMs: undefined as number | undefined, fails: null as Error | null };
  const def: ConfigProviderDef = {
    name: 'VaultProvider',
    classes: ['test.VaultProvider'],
    doc: 'For tests.',
    config: [{ name: 'region', type: 'STRING', importance: 'HIGH', doc: 'Where.' }],
    create: (config) => ({
      get: async (path, keys): Promise<ProvidedValues> => {
        asked.push(`${config['region']} ${path} ${keys.join(',')}`);
        if (state.fails !== null) throw state.fails;
        const values = Object.fromEntries(
          Object.entries(secrets.get(path) ?? {}).filter(([key]) => keys.includes(key)),
        );
        return state.ttlMs === undefined ? { values } : { values, ttlMs: state.ttlMs };
      },
    }),
  };
  const providers = new Providers({ environment: {}, worker }, redactor);
  const problems = providers.install([def], clock);
  return { clock, redactor, asked, secrets, state, providers, problems };
}

const CONFIG = { url: `db://\${vault:db:user}:\${vault:db:password}@host`, none: `\${vault:db:none}` };

test('values of a package’s provider are fetched once and then resolved without waiting; missing keys stay', async () => {
  const { providers, asked, redactor } = world();

  await providers.load(CONFIG);
  await providers.load(CONFIG);

  assert.deepEqual(providers.resolve(CONFIG), { url: 'db://anna:sesame street@host', none: CONFIG.none });
  assert.deepEqual(asked, ['eu db user,password,none']);
  assert.equal(redactor.redact('it was sesame street'), 'it was [hidden]');
  assert.deepEqual(providers.unresolved(CONFIG.none), [
    'there is nothing to put in its place, so ${vault:db:none} stands as it is written.',
  ]);
});

test('a provider that fails says which one and for which path, without secrets', async () => {
  const { providers, state, redactor } = world();
  redactor.add('sesame street');
  state.fails = new Error('no access with sesame street');

  await assert.rejects(providers.load(CONFIG), {
    code: 'TRIB_CONFIG_PROVIDER',
    kind: 'config',
    message: /The config provider "vault" has no answer for the path "db": no access with \[hidden\]\./,
  });
  state.fails = new TributaryError('TRIB_CONFIG_PROVIDER', 'transient', { what: 'Try again.' });
  await assert.rejects(providers.load(CONFIG), { kind: 'transient' });
});

test('a class that no package brings is told of with the nearest name, and its references stay', () => {
  const { providers, problems } = world({
    'config.providers': 'vault',
    'config.providers.vault.class': 'test.VaultProvidr',
  });

  assert.deepEqual(problems, [
    'config.providers.vault.class: there is no config provider "test.VaultProvidr"; its references stay as they are written. Did you mean "test.VaultProvider"?',
  ]);
  assert.deepEqual(providers.resolve({ a: `\${vault:db:user}` }), { a: '${vault:db:user}' });
});

test('whoever runs with old values is told once they have changed, and not when they were only asked for again', async () => {
  const { providers, clock, secrets, state, asked } = world();
  state.ttlMs = 5000;
  await providers.load(CONFIG);
  const log = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} } as never;
  const changes: number[] = [];
  const started = clock.now();
  const stop = new AbortController();

  const watching = watchValues({
    providers,
    clock,
    log,
    config: CONFIG,
    signal: stop.signal,
    changed: () => changes.push(clock.now() - started),
  });
  await clock.sleep(12_000);
  secrets.set('db', { user: 'anna', password: 'open barley' });
  await watching;

  assert.equal(changes.length, 1);
  assert.ok(changes[0]! >= 15_000 && changes[0]! < 16_100, `told after ${changes[0]} ms`);
  assert.equal(asked.length, 4);
  assert.equal(providers.resolve(CONFIG)['url'], 'db://anna:open barley@host');
});

test('with config.action.reload=none nothing is watched', async () => {
  const { providers, clock, state } = world();
  state.ttlMs = 1000;
  const config = { ...CONFIG, 'config.action.reload': 'none' };
  await providers.load(config);
  const log = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} } as never;

  const before = clock.now();
  await watchValues({ providers, clock, log, config, signal: new AbortController().signal, changed: assert.fail });

  assert.equal(clock.now(), before);
});
