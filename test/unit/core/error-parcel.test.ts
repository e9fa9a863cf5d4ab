import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asError, packError, unpackError } from '../../../src/core/error-parcel.ts';
import { TributaryError } from '../../../src/core/errors.ts';

test('an error of the product arrives with code, kind, parts, causes and trace', () => {
  const error = new TributaryError('TRIB_X', 'data', {
    ...{ what: 'It is bad.', where: 'orders-0@7', fix: 'Mend it.', line: 2 },
    cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
  });

  const arrived = unpackError(structuredClone(packError(error)));

  assert.ok(arrived instanceof TributaryError);
  assert.deepEqual(
    [arrived.code, arrived.kind, arrived.message, arrived.stack],
    ['TRIB_X', 'data', 'orders-0@7: It is bad. Mend it.', error.stack],
  );
  assert.deepEqual({ ...arrived.parts, cause: null }, { ...error.parts, cause: null });
  assert.equal((arrived.cause as Error).message, 'refused');
  assert.equal((arrived.cause as { code?: string }).code, 'ECONNREFUSED');
});

test('what is no error arrives as one', () => {
  assert.equal(unpackError(packError('a text')).message, 'a text');
  assert.equal(unpackError(packError(null)).message, 'null');
  assert.equal(asError({ status: 3 }).message, '{"status":3}');
});

test('causes in a circle come to an end', () => {
  const error = new Error('again');
  error.cause = error;

  let depth = 0;
  for (let at: unknown = unpackError(packError(error)); at instanceof Error; at = at.cause) depth++;

  assert.equal(depth, 7);
});
