import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryText } from '../../../src/core/retry-text.ts';

const at = (text: string) => Date.parse(text);

test('what is tried again is told in one line, with the day only where it is another one', () => {
  const sinceMs = at('2026-11-24T12:03:11.500Z');
  const retrying = { sinceMs, attempts: 7, message: 'The registry does not answer.\nFix: …' };

  assert.equal(
    retryText(retrying, at('2026-11-24T23:59:59Z')),
    'retrying since 12:03:11Z (7 times): The registry does not answer.',
  );
  assert.equal(
    retryText({ ...retrying, attempts: 1 }, at('2026-11-25T00:00:00Z')),
    'retrying since 2026-11-24T12:03:11Z (once): The registry does not answer.',
  );
});
