// Chooses the partition by fields of the change event.

import type { TransformDef } from '../../connect/plugins.ts';
import { atLeast } from '../../core/config/checks.ts';
import { fieldOf, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { TributaryError } from '../../core/errors.ts';
import { cellOrDefault } from '../cells.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import { javaHash } from './java-hash.ts';
import { murmur3Draft } from './murmur3-draft.ts';
import { changeEvent } from './sample-event.ts';
import { required } from './setting-checks.ts';

/** Debezium's `PartitionRouting`. */
export const partitionRouting: TransformDef = {
  kind: 'transform',
  name: 'PartitionRouting',
  classes: ['io.debezium.transforms.partitions.PartitionRouting'],
  version: DEBEZIUM_VERSION,
  doc: 'Chooses the partition by a hash of fields of the change event.',
  config: [
    {
      name: 'partition.payload.fields',
      type: 'LIST',
      fallback: null,
      importance: 'HIGH',
      group: 'partitions',
      order: 1,
      displayName: 'List of payload fields to use for compute partition.',
      doc: 'Paths such as after.user_id or source.table; change.x means after.x, or before.x for deletes.',
      check: (value) =>
        required(value) ?? ((value as readonly string[]).includes('') ? 'Empty element(s) not allowed' : null),
    },
    {
      name: 'partition.topic.num',
      type: 'INT',
      fallback: null,
      importance: 'HIGH',
      group: 'partitions',
      order: 2,
      displayName: 'Number of partition configured for topic',
      doc: 'How many partitions the topic has.',
      check: (value, name) => required(value) ?? atLeast(1)(value, name),
    },
    {
      name: 'partition.hash.function',
      type: 'STRING',
      fallback: 'java',
      importance: 'LOW',
      group: 'partitions',
      order: 3,
      displayName: 'Hash function',
      doc: 'java or murmur; anything else counts as java.',
    },
  ],
  examples: [
    {
      config: { 'partition.payload.fields': 'change.id', 'partition.topic.num': '5' },
      given: changeEvent('u', [7, 'old'], [7, 'new']),
      gives: changeEvent('u', [7, 'old'], [7, 'new'], { partition: 2 }),
    },
  ],
  create: (config) => {
    const paths = (config['partition.payload.fields'] as readonly string[]).map((path) => path.trim().split('.'));
    const count = config['partition.topic.num'] as number;
    const hash = (config['partition.hash.function'] as string).toLowerCase() === 'murmur' ? murmurHash : javaHash;
    return (record) => {
      const envelope = record.value;
      if (!isEnvelope(record.valueSchema) || !(envelope instanceof Struct)) return record;
      const op = envelope.get('op');
      if (op === 't' || op === 'm') return record;
      if (record.origin !== null && record.sourcePartition === null) {
        throw new TributaryError('TRIB_DATA_TRANSFORM', 'fatal', {
          what: 'A sink reads from partitions; it cannot choose one.',
          fix: 'Use PartitionRouting where records are written: in a source connector or in DebeziumUnwrap.',
        });
      }
      const sum = hashOf(envelope, op === 'd' ? 'before' : 'after', paths, hash);
      if (sum === null) return record;
      const positive = sum & 0x7fffffff;
      return record.withTopic(record.topic, (positive === 0x7fffffff ? 0 : positive) % count);
    };
  },
};

/** The wrapped sum of the hashes of the fields found; null when there is none. */
function hashOf(
  envelope: Struct,
  change: string,
  paths: readonly (readonly string[])[],
  hash: (schema: Schema, value: Value) => number,
): number | null {
  let sum: number | null = null;
  for (const path of paths) {
    const found = lookUp(envelope, path[0] === 'change' ? [change, ...path.slice(1)] : path);
    if (found !== null) sum = ((sum ?? 0) + hash(found.schema, found.value)) | 0;
  }
  return sum;
}

function lookUp(envelope: Struct, path: readonly string[]): { readonly schema: Schema; readonly value: Value } | null {
  let struct = envelope;
  for (let i = 0; i < path.length; i++) {
    const field = fieldOf(struct.schema, path[i]!);
    if (field === undefined) return null;
    const value = cellOrDefault(struct, field, true);
    if (value === null) return null;
    if (i === path.length - 1) return { schema: field.schema, value };
    if (!(value instanceof Struct)) return null;
    struct = value;
  }
  return null;
}

function murmurHash(schema: Schema, value: Value): number {
  if (typeof value === 'string') return murmur3Draft(Buffer.from(value, 'utf8'));
  if (value instanceof Uint8Array) return murmur3Draft(value);
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(javaHash(schema, value));
  return murmur3Draft(bytes);
}
