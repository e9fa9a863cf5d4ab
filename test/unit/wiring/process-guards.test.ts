import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';
import { verdictOn } from '../../../src/wiring/process-guards.ts';

const ROOT = '/opt/tributary';

function thrownAt(place: string): Error {
  const error = new Error('x');
  error.stack = `Error: x\n    at listOnTimeout (node:internal/timers:573:17)\n    at work (${place}:3:9)\n    at other (file:///opt/tributary/src/host/worker.ts:1:1)`;
  return error;
}

test('a rejection that nobody handles leaves the host alive, unless it is a bug of ours', () => {
  assert.equal(verdictOn(thrownAt('file:///opt/tributary/src/host/worker.ts'), 'rejection', ROOT), 'stay');
  assert.equal(verdictOn(new TributaryError('TRIB_BUG', 'bug', { what: 'x' }), 'rejection', ROOT), 'exit');
});

test('an exception that nobody catches ends the host, unless it comes out of third-party code', () => {
  assert.equal(verdictOn(thrownAt('file:///opt/tributary/src/host/worker.ts'), 'exception', ROOT), 'exit');
  assert.equal(verdictOn(thrownAt('file:///opt/tributary/node_modules/kafkajs/index.js'), 'exception', ROOT), 'exit');
  assert.equal(verdictOn(thrownAt('file:///srv/plugins/mine/index.js'), 'exception', ROOT), 'stay');
  assert.equal(verdictOn('a text', 'exception', ROOT), 'stay');
});
