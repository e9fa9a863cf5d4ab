import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../src/core/errors.ts';

test('a message that quotes another ends with one full stop', () => {
  const error = new TributaryError('TRIB_X', 'transient', {
    what: 'Redis failed: It cannot be reached..',
    fix: 'Retried by itself.',
  });

  assert.equal(error.message, 'Redis failed: It cannot be reached. Retried by itself.');
});

test('an ellipsis stays', () => {
  assert.equal(new TributaryError('TRIB_X', 'data', { what: 'It said abc...' }).message, 'It said abc...');
});

test('a foreign message without a full stop gets one before the advice', () => {
  const parts = { what: 'Plugin code failed: unawaited', fix: 'Catch the error.' };
  assert.equal(new TributaryError('TRIB_X', 'fatal', parts).message, 'Plugin code failed: unawaited. Catch the error.');
});
