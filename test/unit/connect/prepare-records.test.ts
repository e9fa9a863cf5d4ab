import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Converter } from '../../../src/connect/converter.ts';
import { prepareRecords } from '../../../src/connect/prepare-records.ts';
import { ConnectRecord } from '../../../src/connect/records.ts';

const SCHEMA_ONLY: Converter = {
  prepareDecode: () => null,
  decode: () => ({ schema: null, value: null }),
  prepareEncode: () => null,
  encode: () => null,
};

test('a converter that asks for it sees each record with a value, one after the other', async () => {
  const seen: string[] = [];
  const value: Converter = {
    ...SCHEMA_ONLY,
    prepareRecord: (topic, _, text, headers) => {
      seen.push(`${topic} ${String(text)} ${headers.length}`);
      return text === 'slow' ? Promise.resolve().then(() => void seen.push('ready')) : null;
    },
  };
  const headers = [{ key: 'h', schema: null, value: 1 }];
  const records = [
    new ConnectRecord({ topic: 'a', value: 'slow', headers }),
    null,
    new ConnectRecord({ topic: 'a', key: 'k', value: null }),
    new ConnectRecord({ topic: 'b', value: 'fast' }),
  ];

  await prepareRecords({ key: SCHEMA_ONLY, value }, records);

  assert.deepEqual(seen, ['a slow 1', 'ready', 'b fast 0']);
});
