// Plugins that misbehave in every way: the host goes on, says what happened, and replaces the task.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { IsolationWorld, NAUGHTY } from '../support/isolation-world.ts';

describe('a plugin that misbehaves takes only its own tasks down', () => {
  const world = new IsolationWorld();
  before(async () => {
    await world.start();
    await world.watch();
  });
  after(() => world.close());

  const cases: readonly (readonly [way: string, told: RegExp])[] = [
    ['throws', /I do not like this record/],
    ['throws-text', /just a text/],
    ['loops', /TRIB_THREAD_BLOCKED .*connector in-put-loops task 0.*it was at: put/],
    ['loops-later', /TRIB_THREAD_BLOCKED .*it was at: put/],
    ['never', /TRIB_TASK_HUNG .*The plugin's put has not returned for 3 s/],
    // On a busy machine the loop may have blocked the thread for too long before it has leaked enough.
    ['leaks', /needs more than 96 MB|has been blocked for/],
    ['leaks-buffers', /TRIB_THREAD_MEMORY .*needs more than 96 MB/],
    ['exits', /process\.exit\(3\) was called/],
    ['kills', /process\.kill\(\d+\) was called/],
    ['rejects', /nobody catches this/],
    ['throws-later', /thrown from a timer/],
  ];
  for (const [way, told] of cases) {
    test(`put ${way}`, async () => {
      const name = `in-put-${way}`;
      const before = world.linesOf('good-out.txt').length;
      world.slowestMs = 0;
      await world.naughty(name, { 'naughty.way': way, 'tasks.max': '1' });
      await world.send(name, ['first']);
      await world.until('the first record', () => world.linesOf(`${name}.txt`).length > 0);

      await world.send(name, ['now']);
      const trace = await world.failure(name);
      await world.running(name);
      await world.until('all records', () => world.linesOf(`${name}.txt`).at(-1) === 'now');
      await world.request('DELETE', `/connectors/${name}`);

      assert.match(trace, told);
      assert.doesNotMatch(world.log.join('\n'), /hunter2/);
      assert.ok(world.linesOf('good-out.txt').length > before + 5, 'the other pipeline goes on');
      assert.ok(world.slowestMs < 1000, `REST answers in time: ${world.slowestMs} ms`);
    });
  }

  test("a connector's own limit of memory counts in place of the worker's", async () => {
    const name = 'own-limit';
    const settings = { 'naughty.way': 'leaks-buffers', 'tasks.max': '1', 'task.thread.heap.max.mb': '140' };
    await world.naughty(name, settings);
    await world.send(name, ['first', 'now']);

    const trace = await world.failure(name);
    await world.request('DELETE', `/connectors/${name}`);

    assert.match(trace, /TRIB_THREAD_MEMORY .*needs more than 140 MB/);
  });

  test('what a task on a thread tries again is told, without secrets, until it succeeds', async () => {
    const name = 'tries-again';
    interface Told {
      readonly tasks?: readonly {
        readonly state: string;
        readonly retrying: { readonly stage: string; readonly attempts: number; readonly message: string } | null;
      }[];
    }
    const task = async () =>
      ((await world.request('GET', `/connectors/${name}/status?details=true`)).body as Told).tasks?.[0] ?? null;
    await world.naughty(name, {});
    await world.send(name, ['down']);

    const down = await world.until('it is told', async () => {
      const shown = await task();
      return (shown?.retrying?.attempts ?? 0) >= 2 && shown;
    });
    writeFileSync(world.path(`${name}.txt.up`), '');
    await world.until('it is over', async () => (await task())?.retrying === null);
    await world.request('DELETE', `/connectors/${name}`);

    assert.deepEqual([down.state, down.retrying?.stage], ['RUNNING', 'put']);
    assert.match(down.retrying?.message ?? '', /^The target refuses .+\.$/);
    assert.doesNotMatch(down.retrying?.message ?? '', /hunter2/);
  });

  test('an endless loop in a transform is named, though the sink is ours', async () => {
    const name = 'looping-transform';
    await world.create(name, {
      ...{ 'connector.class': 'FileStreamSink', topics: name, file: world.path(`${name}.txt`) },
      ...{
        transforms: 'naughty',
        'transforms.naughty.type': 'NaughtyTransform',
        'transforms.naughty.naughty.way': 'loops',
      },
    });
    await world.send(name, ['first', 'now']);

    const trace = await world.failure(name);
    await world.request('DELETE', `/connectors/${name}`);

    assert.match(trace, /TRIB_THREAD_BLOCKED .*it was at: transform NaughtyTransform/);
  });

  test('the other tasks of a connector go on when one of them hangs', async () => {
    const name = 'one-of-two';
    await world.naughty(name, {
      'naughty.at': 'task.start',
      'naughty.task': '1',
      'naughty.way': 'never',
      'tasks.max': '2',
    });
    await world.send(name, ['first']);

    const trace = await world.failure(name, 1);
    const other = (await world.status(name)).tasks[0]!;
    await world.request('DELETE', `/connectors/${name}`);

    assert.match(trace, /The plugin's start has not returned for 3 s/);
    assert.deepEqual([other.state, other.trace], ['RUNNING', undefined]);
    assert.deepEqual(world.linesOf(`${name}.txt`), ['first']);
  });

  for (const way of ['never', 'loops']) {
    test(`a connector whose start ${way} fails by itself, and can be deleted`, async () => {
      const name = `start-${way}`;
      await world.naughty(name, { 'naughty.at': 'start', 'naughty.way': way });

      const { connector } = await world.until('failed', async () => {
        const status = await world.status(name);
        return status.connector?.state === 'FAILED' && status;
      });
      const gone = await world.request('DELETE', `/connectors/${name}`);

      assert.match(connector.trace ?? '', /start of the connector has not returned|has been blocked/);
      assert.equal(gone.status, 204);
    });

    test(`a validation that ${way} is answered in time, with the step that hangs`, async () => {
      const config = {
        ...{ 'connector.class': 'NaughtySink', topics: 'a', name: 'x' },
        ...{ 'naughty.at': 'validate', 'naughty.way': way, 'naughty.file': '/tmp/x' },
      };
      const begun = Date.now();
      world.slowestMs = 0;

      const answer = await world.request('PUT', '/connector-plugins/NaughtySink/config/validate', config);

      assert.equal(answer.status, 503);
      assert.match(JSON.stringify(answer.body), /they were at: validate of NaughtySink/);
      assert.ok(Date.now() - begun < 6000);
      assert.ok(world.slowestMs < 1000);
    });
  }

  test('what a plugin says of a config is told as ever', async () => {
    const config = { 'connector.class': 'NaughtySink', topics: 'a', name: 'x', 'naughty.file': '' };

    const answer = await world.request('PUT', '/connector-plugins/NaughtySink/config/validate', config);

    assert.equal(answer.status, 200);
    assert.match(JSON.stringify(answer.body), /naughty\.file must not be empty/);
  });
});

describe('a package that cannot be loaded', () => {
  const world = new IsolationWorld();
  after(() => world.close());

  test('is told of and left out, and the host starts', async () => {
    const host = await world.start({ 'plugin.path': NAUGHTY, 'plugin.load.timeout.ms': '2000' });

    const classes = (await world.request('GET', '/connector-plugins')).body as readonly { readonly class: string }[];

    const told = host.problems.map((line) => line.replace(`plugins of ${NAUGHTY}/`, '')).sort();
    assert.deepEqual(
      told.map((line) => line.split(': ')[0]),
      ['exits', 'loops', 'never', 'throws'],
    );
    assert.match(told[0]!, /process\.exit\(7\) was called/);
    assert.match(told[1]!, /Its import has not ended within 2 s/);
    assert.match(told[3]!, /cannot be imported/);
    assert.ok(classes.some((plugin) => plugin.class === 'naughty.NaughtySink'));
  });
});
