import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectRecord } from '../../../../../src/connect/records.ts';
import { builtInPlugins, compileChain, PluginRegistry, prepareChain } from '../../../../../src/plugins/index.ts';

const registry = new PluginRegistry(builtInPlugins);

async function run(condition: string, count: number): Promise<string[]> {
  const raw = {
    transforms: 'f',
    'transforms.f.type': 'io.debezium.transforms.Filter',
    'transforms.f.language': 'jsr223.graal.js',
    'transforms.f.condition': condition,
  };
  await prepareChain(raw, registry);
  const messages: string[] = [];
  const batch = Array.from({ length: count }, () => new ConnectRecord({ topic: 'a', value: 'x' }));
  compileChain(raw, registry)(batch, (_index, { error }) => messages.push(error.message));
  return messages;
}

test('an expression that loops for ever ends its chain instead of stopping the process a record after the other', async () => {
  await assert.rejects(run('while (true) {} return true', 500), {
    code: 'TRIB_EXPRESSION_COSTLY',
    kind: 'fatal',
    message: /"condition" failed for record after record.*it ran too long and was stopped/,
  });
});

test('failures that cost nothing are those of their records', async () => {
  assert.equal((await run('const f = 1; throw new Error(value); return true', 500)).length, 500);
});
