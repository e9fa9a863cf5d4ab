import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectorItem, parseItem, queryItem, taskItem, taskVersion } from '../../../../src/host/group/work-items.ts';

test('items are read as they were made, whatever the name of the connector', () => {
  const odd = 'orders|2|1-ab\nß';
  const items = [connectorItem(odd), taskItem(odd, 12, '3-0f'), queryItem('CSAS_A_1')];

  assert.deepEqual(items.map(parseItem), [
    { kind: 'connector', connector: odd },
    { kind: 'task', connector: odd, task: 12, version: '3-0f' },
    { kind: 'query', query: 'CSAS_A_1' },
  ]);
});

test('what is no item is read as none', () => {
  const texts = ['', 'c|', 'x|a', 't|a', 't|a|0', 't|a|b|1-ab', 't|a|0|ab'];

  assert.deepEqual(
    texts.map(parseItem),
    texts.map(() => null),
  );
});

test('the version of a task tells how many share its input and changes with all that it runs with, but not with the order of settings', () => {
  const content = { connectorConfig: { name: 'a', topics: 't' }, taskConfig: { x: '1', y: '2' }, sharers: 2 };
  const version = taskVersion(content);

  const same = taskVersion({ ...content, connectorConfig: { topics: 't', name: 'a' }, taskConfig: { y: '2', x: '1' } });
  const others = [
    taskVersion({ ...content, sharers: 3 }),
    taskVersion({ ...content, taskConfig: { x: '1', y: '3' } }),
    taskVersion({ ...content, connectorConfig: { name: 'a', topics: 'u' } }),
  ];

  assert.equal(version, '2-bc6d354c658d');
  assert.equal(same, version);
  assert.equal(new Set([version, ...others]).size, 4);
});
