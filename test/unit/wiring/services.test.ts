import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standInUrl } from '../../../src/wiring/services.ts';

test('an address of the Braze stand-in that is none is refused with an example', () => {
  assert.equal(standInUrl('http://127.0.0.1:9085').port, '9085');
  for (const address of ['127.0.0.1:9085', 'localhost:9085', 'https://localhost:9085']) {
    assert.throws(() => standInUrl(address), {
      code: 'TRIB_CONFIG_INVALID',
      message: /^braze\.stand\.in is ".*", which is no http address\. Write e\.g\. http:\/\/127\.0\.0\.1:8085/,
    });
  }
});
