import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameAdjustment } from '../../../../src/plugins/debezium/name-adjustment.ts';

const names: readonly (readonly [mode: string, name: string, adjusted: string])[] = [
  ['none', 'a-b.1', 'a-b.1'],
  ['avro', 'srv.orders-all1é', 'srv.orders_all1_'],
  ['AVRO', '9a.8b', '_9a.8b'],
  ['avro_unicode', 'a-b_é', 'a_u002db_u005f_u00e9'],
];
for (const [mode, name, adjusted] of names) {
  test(`${name} adjusted by ${mode}`, () => {
    assert.equal(nameAdjustment(mode)(name), adjusted);
  });
}
