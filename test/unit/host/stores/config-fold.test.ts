import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigFold } from '../../../../src/host/stores/config-fold.ts';

function folded(...records: readonly (readonly [key: string, value: unknown])[]): ConfigFold {
  const fold = new ConfigFold();
  for (const [key, value] of records) fold.take(key, value === null ? null : JSON.stringify(value));
  return fold;
}

const connector = (config: object) => ({ properties: { 'connector.class': 'X', ...config } });

test('task records count only once a commit names how many there are', () => {
  const before = folded(['connector-a', connector({})], ['task-a-0', connector({ n: '0' })]);
  const after = folded(['connector-a', connector({})], ['task-a-0', connector({ n: '0' })], ['commit-a', { tasks: 1 }]);

  assert.deepEqual(before.get('a')?.tasks, []);
  assert.deepEqual(
    after.get('a')?.tasks?.map(({ config }) => config),
    [{ 'connector.class': 'X', n: '0' }],
  );
});

test('a set that a crash left half written counts for nothing until it is written whole', () => {
  const fold = folded(['connector-a', connector({})], ['task-a-0', connector({ n: '0' })], ['commit-a', { tasks: 2 }]);
  const broken = fold.get('a')?.tasks;
  fold.take('task-a-1', JSON.stringify(connector({ n: '1' })));
  fold.take('commit-a', JSON.stringify({ tasks: 2 }));

  assert.equal(broken, null);
  assert.equal(fold.get('a')?.tasks?.length, 2);
});

test('records of a task that were followed by no commit leave the set before as it is', () => {
  const fold = folded(
    ['connector-a', connector({})],
    ['task-a-0', connector({ n: 'old' })],
    ['commit-a', { tasks: 1 }],
    ['task-a-0', connector({ n: 'new' })],
  );

  assert.deepEqual(fold.get('a')?.tasks?.[0]?.config['n'], 'old');
});

test('a task record of Kafka Connect is filled up from the connector, one of ours stands as it is', () => {
  const fold = folded(
    ['connector-a', connector({ transforms: 't' })],
    ['task-a-0', { properties: { 'task.class': 'T', file: 'x' } }],
    ['task-a-1', connector({ file: 'y' })],
    ['commit-a', { tasks: 2 }],
  );

  assert.deepEqual(
    fold.get('a')?.tasks?.map(({ config }) => config),
    [
      { 'connector.class': 'X', transforms: 't', 'task.class': 'T', file: 'x' },
      { 'connector.class': 'X', file: 'y' },
    ],
  );
});

test('a version changes with what the task runs with, and not with tasks.max or the order of keys', () => {
  const versionOf = (config: object) =>
    folded(['connector-a', connector({})], ['task-a-0', connector(config)], ['commit-a', { tasks: 1 }]).get('a')
      ?.tasks?.[0]?.version;

  assert.equal(versionOf({ a: '1', b: '2' }), versionOf({ b: '2', a: '1', 'tasks.max': '9' }));
  assert.notEqual(versionOf({ a: '1' }), versionOf({ a: '2' }));
});

test('a connector that is made again begins without the tasks of the one that was deleted', () => {
  const fold = folded(
    ['connector-a', connector({})],
    ['task-a-0', connector({})],
    ['commit-a', { tasks: 1 }],
    ['target-state-a', { state: 'PAUSED', 'state.v2': 'STOPPED' }],
    ['connector-a', null],
    ['target-state-a', null],
  );
  const gone = fold.get('a');
  fold.take('connector-a', JSON.stringify(connector({})));

  assert.equal(gone, null);
  assert.deepEqual([fold.get('a')?.tasks, fold.get('a')?.target], [[], 'STARTED']);
});

test('the newer member of a target state counts, and the older where it stands alone', () => {
  const fold = folded(
    ['connector-a', connector({})],
    ['target-state-a', { state: 'PAUSED', 'state.v2': 'STOPPED' }],
    ['connector-b', connector({})],
    ['target-state-b', { state: 'PAUSED' }],
  );

  assert.deepEqual([fold.get('a')?.target, fold.get('b')?.target], ['STOPPED', 'PAUSED']);
});

test('fencing is due after a commit, of what has changed and of what is no more', () => {
  const fold = folded(
    ['connector-a', connector({})],
    ['task-a-0', connector({ n: '0' })],
    ['task-a-1', connector({ n: '1' })],
    ['task-a-2', connector({ n: '2' })],
    ['commit-a', { tasks: 3 }],
    ['tasks-fencing-a', { 'task-count': 3 }],
  );
  const settled = fold.fencingDue('a');
  fold.take('task-a-1', JSON.stringify(connector({ n: 'changed' })));
  fold.take('commit-a', JSON.stringify({ tasks: 3 }));
  const changed = [...fold.unfenced('a')];
  fold.take('commit-a', JSON.stringify({ tasks: 1 }));

  assert.equal(settled, false);
  assert.deepEqual(changed, [1]);
  assert.deepEqual([...fold.unfenced('a')].sort(), [0, 1, 2]);
});

test('names may hold dashes, and what is no record of a store is passed over', () => {
  const fold = folded(
    ['connector-my-sink-2', connector({})],
    ['task-my-sink-2-0', connector({})],
    ['commit-my-sink-2', { tasks: 1 }],
    ['something-else', { a: 1 }],
  );
  const change = fold.take('connector-broken', '{');

  assert.equal(fold.get('my-sink-2')?.tasks?.length, 1);
  assert.deepEqual([change, fold.get('broken')], [{ kind: 'connector', name: 'broken' }, null]);
});

test('a restart request and a level are told as they are', () => {
  const fold = new ConfigFold();

  assert.deepEqual(fold.take('restart-connector-a', '{"include-tasks":true,"only-failed":false}'), {
    kind: 'restart',
    name: 'a',
    includeTasks: true,
    onlyFailed: false,
  });
  assert.deepEqual(fold.take('logger-cluster-org.x', '{"level":"DEBUG"}'), {
    kind: 'logger',
    logger: 'org.x',
    level: 'DEBUG',
  });
});
