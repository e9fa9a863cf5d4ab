import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HostSettings } from '../../../src/host/index.ts';
import { checkStandsAlone } from '../../../src/wiring/caught-up.ts';

test('a worker of a group is not waited for, since it does not see what the others run', () => {
  const group = { id: 'workers' } as NonNullable<HostSettings['group']>;

  assert.throws(() => checkStandsAlone({ group }), { code: 'TRIB_CONFIG_INVALID', message: /the group "workers"/ });
  assert.doesNotThrow(() => checkStandsAlone({ group: null }));
});
