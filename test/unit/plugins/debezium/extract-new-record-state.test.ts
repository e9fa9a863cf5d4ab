// Change events recorded from a real MariaDB, and what Debezium's own ExtractNewRecordState made of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ConnectRecord } from '../../../../src/connect/records.ts';
import { parseConfig } from '../../../../src/core/config/parse.ts';
import { jsonConverter } from '../../../../src/plugins/converters/json.ts';
import { simpleHeaderConverter } from '../../../../src/plugins/converters/simple-header.ts';
import { builtInPlugins, compileChain, PluginRegistry } from '../../../../src/plugins/index.ts';

const FIXTURES = new URL('../../../fixtures/debezium/', import.meta.url);
const TOPIC = 'EVENT_MYSQL.EVENT.NAME';

interface Recorded {
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
}

const modes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  default: {},
  rewrite: {
    'delete.tombstone.handling.mode': 'rewrite',
    'add.fields': 'op,table,source.ts_ms,transaction.id',
    'add.headers': 'op,db',
  },
  'rewrite-with-tombstone': {
    'delete.tombstone.handling.mode': 'rewrite-with-tombstone',
    'add.fields': 'op:operation,ts_ms:at',
    'add.fields.prefix': 'dbz.',
  },
  drop: {
    'delete.tombstone.handling.mode': 'drop',
    'add.headers': 'op,source.file,source.pos',
    'add.headers.prefix': 'h.',
  },
  'delete-to-tombstone': { 'delete.tombstone.handling.mode': 'delete-to-tombstone', 'add.fields': 'op' },
};

for (const [mode, settings] of Object.entries(modes)) {
  test(`recorded events come out as Debezium unwrapped them, mode ${mode}`, async () => {
    const events = lines(`json/${TOPIC}.ndjson`);
    const answers = lines(`unwrap/${mode}/${TOPIC}.ndjson`);

    const rows = await unwrapped(events, settings);

    assert.deepEqual(rows.map(comparable).sort(), answers.map(comparable).sort());
  });
}

/** The parts that do not differ between two connectors that captured the same changes. */
function comparable(recorded: Recorded): string {
  const value = text(recorded.value)?.replace(/"(dbz\.at|__source_ts_ms)":\d+/, '"$1":0') ?? null;
  const headers = recorded.headers.filter(([name]) => name !== '__debezium.context.runId');
  return JSON.stringify([text(recorded.key), value === null ? null : JSON.parse(value), headers]);
}

function text(base64: string | null): string | null {
  return base64 === null ? null : Buffer.from(base64, 'base64').toString('utf8');
}

function lines(path: string): readonly Recorded[] {
  const content = readFileSync(new URL(path, FIXTURES), 'utf8');
  return content
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Recorded);
}

async function unwrapped(
  events: readonly Recorded[],
  settings: Readonly<Record<string, string>>,
): Promise<readonly Recorded[]> {
  const context = { raw: {}, registry: () => assert.fail('JSON needs no registry') };
  const json = jsonConverter.create(
    parseConfig(jsonConverter.config, { 'converter.type': 'value' }).values,
    false,
    context,
  );
  const headers = simpleHeaderConverter.create({});
  const decode = (payload: string | null) => {
    const bytes = Buffer.from(payload ?? '', 'base64');
    return json.decode(TOPIC, bytes, payload === null ? -1 : 0, payload === null ? -1 : bytes.length);
  };
  const records = events.map((event): ConnectRecord | null => {
    const key = decode(event.key);
    const value = decode(event.value);
    return new ConnectRecord({
      topic: TOPIC,
      keySchema: key.schema,
      key: key.value,
      valueSchema: value.schema,
      value: value.value,
      headers: event.headers.map(([name, payload]) =>
        headers.decode(TOPIC, name, payload === null ? null : Buffer.from(payload, 'base64')),
      ),
    });
  });
  const chain = compileChain(
    {
      transforms: 'unwrap',
      'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [`transforms.unwrap.${name}`, value])),
    },
    new PluginRegistry(builtInPlugins),
  );

  chain(records, (_index, failure) => assert.fail(failure.error));

  return records
    .filter((record) => record !== null)
    .map((record) => ({
      key: json.encode(TOPIC, record.keySchema, record.key)?.toString('base64') ?? null,
      value: json.encode(TOPIC, record.valueSchema, record.value)?.toString('base64') ?? null,
      headers: record.headers.map(
        (header) => [header.key, headers.encode(TOPIC, header)?.toString('base64') ?? null] as const,
      ),
    }));
}
