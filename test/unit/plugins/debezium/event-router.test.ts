import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectRecord } from '../../../../src/connect/records.ts';
import { changeEvent } from '../../../../src/plugins/debezium/sample-event.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../../src/plugins/index.ts';

const REGISTRY = new PluginRegistry(builtInPlugins);

/** What comes out of updates of two outboxes, and what was warned of. */
function routed(behavior: string) {
  const warnings: string[] = [];
  const raw = {
    transforms: 'o',
    'transforms.o.type': 'io.debezium.transforms.outbox.EventRouter',
    'transforms.o.table.op.invalid.behavior': behavior,
  };
  const chain = compileChain(raw, REGISTRY, (message) => warnings.push(message));
  const update = (topic: string) => changeEvent('u', [1, 'a'], [1, 'b'], { topic });
  const records: (ConnectRecord | null)[] = [
    update('one'),
    update('one'),
    update('two'),
    changeEvent('d', [1, 'a'], null),
  ];
  const faults: string[] = [];
  chain(records, (_, { error }) => faults.push(error.message));
  return { records, warnings, faults };
}

test('updates of an outbox are dropped, and told of once a topic', () => {
  for (const behavior of ['warn', 'error']) {
    const { records, warnings, faults } = routed(behavior);

    assert.deepEqual(records, [null, null, null, null]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      warnings.map((text) => /topic "(.*?)"/.exec(text)?.[1]),
      ['one', 'two'],
    );
  }
});

test('updates of an outbox fail where that is wished', () => {
  const { warnings, faults } = routed('fatal');

  assert.equal(warnings.length, 0);
  assert.equal(faults.length, 3);
  assert.match(faults[0]!, /Unexpected update message received in the outbox table\./);
});
