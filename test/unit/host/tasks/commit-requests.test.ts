import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitRequests } from '../../../../src/host/tasks/commit-requests.ts';

/** Lets all that is ready run. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

test('a commit that is asked for is made while the loop waits for records', async () => {
  const requests = new CommitRequests();
  const waiting = Promise.withResolvers<string>();
  let commits = 0;
  const over = requests.during(waiting.promise, async () => {
    requests.wanted = false;
    commits++;
  });

  requests.ask();
  await settle();
  requests.ask();
  await settle();

  assert.equal(commits, 2);
  assert.equal(requests.wanted, false);
  waiting.resolve('records');
  await over;
});

test('what a commit asks for itself waits for the records, so that the loop does not spin', async () => {
  const requests = new CommitRequests();
  const waiting = Promise.withResolvers<string>();
  let commits = 0;
  const over = requests.during(waiting.promise, async () => {
    requests.wanted = false;
    commits++;
    requests.ask();
  });

  requests.ask();
  await settle();

  assert.equal(commits, 1);
  assert.equal(requests.wanted, true);
  waiting.resolve('records');
  await over;
});

test('a wait that fails is over; a commit that fails is told', async () => {
  const requests = new CommitRequests();
  await requests.during(Promise.reject(new Error('no broker')), async () => {});

  const waiting = Promise.withResolvers<string>();
  const over = requests.during(waiting.promise, () => Promise.reject(new Error('fenced')));
  requests.ask();

  await assert.rejects(over, /fenced/);
  waiting.reject(new Error('closed'));
  await settle();
});
