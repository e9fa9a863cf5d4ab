// The recorded Debezium events under test/fixtures/debezium, and a registry that knows their schemas.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmbeddedRegistry } from '../../src/adapters/registry/embedded.ts';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'debezium');

/** Topics that are recorded both as Avro and as JSON. */
export const RECORDED_TOPICS = [
  'EVENT_MYSQL.EVENT.NAME',
  'EVENT_MYSQL.EVENT.SUBMIT',
  'MEMBER_MYSQL.MEMBER.OPTION',
  'TRADE_MYSQL.TRADE.ORDER',
  'TYPES_DC_MYSQL.TYPES.ALL_TYPES',
  'TYPES_MYSQL.TYPES.ALL_TYPES',
] as const;

export interface RecordedEvent {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Records of a topic in their order. `form`: `avro`, `json` or `unwrap/…`. */
export function recordedEvents(form: string, topic: string): RecordedEvent[] {
  const lines = readFileSync(join(FOLDER, form, `${topic}.ndjson`), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { key, value } = JSON.parse(line) as { key: string | null; value: string | null };
    return { key: bytesOf(key), value: bytesOf(value) };
  });
}

/** Schema texts by id, as the recording's registry held them. */
export function recordedSchemas(): ReadonlyMap<number, { readonly subject: string; readonly schema: string }> {
  const json = JSON.parse(readFileSync(join(FOLDER, 'schemas.json'), 'utf8')) as Record<
    string,
    { subject: string; schema: string }
  >;
  return new Map(Object.entries(json).map(([id, entry]) => [Number(id), entry]));
}

/** A registry that holds them under their ids. */
export async function recordedRegistry(): Promise<EmbeddedRegistry> {
  const registry = new EmbeddedRegistry(null);
  for (const [id, { subject, schema }] of recordedSchemas()) {
    await registry.registerWithId(subject, 'AVRO', schema, id);
  }
  return registry;
}

function bytesOf(text: string | null): Buffer | null {
  return text === null ? null : Buffer.from(text, 'base64');
}
