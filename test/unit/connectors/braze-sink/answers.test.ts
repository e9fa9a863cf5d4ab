import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, waitOf } from '../../../../connectors/braze-sink/answers.ts';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

test('a 201 with errors takes all objects but those at the listed positions', () => {
  const body = {
    message: 'success',
    errors: [
      { type: 'bad', input_array: 'events', index: 0 },
      { type: 'worse', input_array: 'events', index: 74 },
    ],
  };

  const verdict = judge(answer(201, body), 'events', 75, 0);

  assert.deepEqual(verdict, {
    kind: 'taken',
    rejected: new Map([
      [0, 'bad'],
      [74, 'worse'],
    ]),
    unclear: null,
  });
});

test('an error without a position leaves the request unclear but taken', () => {
  const verdict = judge(answer(201, { message: 'success', errors: [{ type: 'odd' }] }), 'events', 3, 0);

  assert.deepEqual(verdict, { kind: 'taken', rejected: new Map(), unclear: 'odd' });
});

test('a 400 that names positions asks for the others to be sent again', () => {
  const body = { message: 'Valid data must be provided', errors: [{ type: 'bad', input_array: 'events', index: 1 }] };

  const verdict = judge(answer(400, body), 'events', 3, 0);

  assert.deepEqual(verdict, { kind: 'without', rejected: new Map([[1, 'bad']]) });
});

test('a 400 over the limit asks for a split and says that the limit was met', () => {
  const verdict = judge(answer(400, { message: 'Max input length exceeded' }), 'events', 75, 0);

  assert.deepEqual(verdict, { kind: 'split', why: 'Max input length exceeded', overLimit: true });
});

test('wrong keys, missing permissions and wrong addresses stop the task', () => {
  const kinds = [401, 403, 404].map((status) => judge(answer(status, { message: 'no' }), 'events', 1, 0).kind);

  assert.deepEqual(kinds, ['stop', 'stop', 'stop']);
});

test('a server error with an HTML body is an unknown outcome, a 502 surely was not taken', () => {
  const kinds = [500, 502, 503, 504].map((status) => judge(answer(status, '<html>'), 'events', 1, 0).kind);

  assert.deepEqual(kinds, ['unknown', 'wait', 'unknown', 'unknown']);
});

test('both header styles of a 429 are understood, and none at all', () => {
  assert.equal(waitOf({ 'x-ratelimit-retry-after': '3' }, 0), 3000);
  assert.equal(waitOf({ 'x-ratelimit-reset': '1700000010' }, 1_700_000_000_000), 10_000);
  assert.equal(waitOf({ 'x-ratelimit-reset': '42' }, 1_700_000_000_000), 42_000);
  assert.equal(waitOf({}, 0), null);
});

test('a page with a 200 is no acceptance: what a dashboard or proxy took would be lost', () => {
  const login = judge(answer(200, '<!doctype html><title>Log in</title>'), 'events', 75, 0);
  const health = judge(answer(200, 'OK'), 'events', 75, 0);

  assert.deepEqual(login, { kind: 'stop', status: 200, why: 'a page that is no answer of the Braze API' });
  assert.equal(health.kind, 'stop');
});

test('a 201 whose JSON is cut was accepted', () => {
  assert.equal(judge(answer(201, '{"message":"succ'), 'events', 75, 0).kind, 'taken');
});

test('a redirection stops the task and says where it leads', () => {
  const verdict = judge(answer(302, '', { location: 'https://elsewhere.example/' }), 'events', 1, 0);

  assert.deepEqual(verdict, { kind: 'stop', status: 302, why: 'moved to https://elsewhere.example/' });
});
