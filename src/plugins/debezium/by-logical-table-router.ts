// Routes events of sharded tables to one topic, and keeps keys of different shards apart.

import type { TransformDef } from '../../connect/plugins.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import type { ParsedConfig, RawConfig } from '../../core/config/define.ts';
import { primitive, type Schema, Struct, structOf, type Value } from '../../core/data/schema.ts';
import { buildStruct, nullOf, requireStruct, schemaBasics } from '../cells.ts';
import { configFault } from '../faults.ts';
import { sample, struct } from '../sample.ts';
import { topicRenamer } from '../transforms/regex-router.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import { type NameAdjustment, nameAdjustment } from './name-adjustment.ts';
import { INT32, TEXT } from './sample-event.ts';
import { LOW } from './setting-checks.ts';

const text = { ...LOW, type: 'STRING', fallback: null, width: 'LONG' } as const;

/** Debezium's `ByLogicalTableRouter`. */
export const byLogicalTableRouter: TransformDef = {
  kind: 'transform',
  name: 'ByLogicalTableRouter',
  classes: ['io.debezium.transforms.ByLogicalTableRouter'],
  version: DEBEZIUM_VERSION,
  doc: 'Routes events of several physical tables to the topic of one logical table; schemas are renamed, and the key says which table it came from.',
  config: [
    { ...text, name: 'topic.regex', displayName: 'Topic regex', doc: 'Topics to route; the whole name must match.' },
    {
      ...text,
      name: 'topic.replacement',
      displayName: 'Topic replacement',
      doc: 'The new name; $1 and ${name} stand for groups. An empty result leaves the record as it is.',
    },
    {
      ...LOW,
      name: 'key.enforce.uniqueness',
      type: 'BOOLEAN',
      fallback: true,
      width: 'SHORT',
      displayName: 'Add source topic name into key',
      doc: 'Whether the key gets a field that tells the physical tables apart.',
    },
    {
      ...text,
      name: 'key.field.regex',
      displayName: 'Key field regex',
      doc: 'Applied to the old topic for the key field.',
    },
    {
      ...text,
      name: 'key.field.replacement',
      displayName: 'Key field replacement',
      doc: 'What the key field holds when key.field.regex matches; otherwise the old topic.',
    },
    {
      ...LOW,
      name: 'logical.table.cache.size',
      type: 'INT',
      fallback: 16,
      width: 'LONG',
      displayName: 'Logical table cache size',
      doc: 'Kept for old configs; schemas are remembered as long as they are in use.',
    },
  ],
  examples: [
    {
      config: { 'topic.regex': '(.*)_shard[0-9]+', 'topic.replacement': '$1' },
      given: sample({ topic: 'shop.orders_shard1', keySchema: shardKey({}).schema, key: shardKey({}) }),
      gives: sample({
        topic: 'shop.orders',
        keySchema: shardKey({ __dbz__physicalTableIdentifier: [TEXT, 'shop.orders_shard1'] }).schema,
        key: shardKey({ __dbz__physicalTableIdentifier: [TEXT, 'shop.orders_shard1'] }),
      }),
    },
  ],
  create: (config, _className, raw) => {
    const rename = topicRenamer(requiredText(config, 'topic.regex'), requiredText(config, 'topic.replacement'));
    const adjust = nameAdjustment(raw['schema.name.adjustment.mode'] ?? 'none');
    const addKey = config['key.enforce.uniqueness'] === true ? keyFieldOf(config, raw) : null;
    const topics = new Map<string, TopicPlan>();
    return (record) => {
      const renamed = rename(record.topic);
      if (renamed === null || renamed === '') return record;
      let plan = topics.get(record.topic);
      if (plan === undefined) {
        plan = new TopicPlan(
          renamed,
          adjust,
          addKey === null ? null : { name: addKey.name, value: addKey.value(record.topic) },
        );
        topics.set(record.topic, plan);
      }
      return plan.route(record);
    };
  },
};

/** The key of the example: after routing it has one more field, and another name. */
function shardKey(added: Readonly<Record<string, readonly [Schema, Value]>>): Struct {
  const isRouted = Object.keys(added).length > 0;
  return struct({ id: [INT32, 7], ...added }, isRouted ? 'shop.orders.Key' : 'shop.orders_shard1.Key');
}

function requiredText(config: ParsedConfig, name: string): string {
  const value = config[name] as string | null;
  if (value === null || value === '') throw configFault(`${name} is required.`);
  return value;
}

/** The field added to keys: its name, and its value for an old topic. */
function keyFieldOf(config: ParsedConfig, raw: RawConfig): { name: string; value: (topic: string) => string } {
  const name = raw['key.field.name'] ?? '__dbz__physicalTableIdentifier';
  const regex = config['key.field.regex'] as string | null;
  if (regex === null || regex === '') return { name, value: (topic) => topic };
  const replacement = config['key.field.replacement'] as string | null;
  if (replacement === null || replacement === '') {
    throw configFault('key.field.replacement must be set when key.field.regex is.');
  }
  const rename = topicRenamer(regex, replacement);
  return { name, value: (topic) => rename(topic) ?? topic };
}

/** All that is known for records of one old topic. */
class TopicPlan {
  readonly #topic: string;
  readonly #adjust: NameAdjustment;
  readonly #keyField: { readonly name: string; readonly value: string } | null;
  readonly #keys = new WeakMap<Schema, Schema>();
  readonly #envelopes = new WeakMap<Schema, Schema>();

  constructor(topic: string, adjust: NameAdjustment, keyField: { name: string; value: string } | null) {
    this.#topic = topic;
    this.#adjust = adjust;
    this.#keyField = keyField;
  }

  route(record: ConnectRecord): ConnectRecord {
    let out = record.withTopic(this.#topic);
    if (record.key !== null) {
      const key = this.#routedKey(requireStruct(record.key, 'routing by logical table'));
      out = out.withKey(key.schema, key);
    }
    if (isEnvelope(record.valueSchema) && record.value instanceof Struct) {
      const value = this.#routedEnvelope(record.value);
      out = out.withValue(value.schema, value);
    }
    return out;
  }

  #routedKey(key: Struct): Struct {
    const added = this.#keyField;
    let schema = this.#keys.get(key.schema);
    if (schema === undefined) {
      const extra = added === null ? [] : [{ name: added.name, schema: primitive('string') }];
      schema = buildStruct([...(key.schema.fields ?? []), ...extra], {
        ...schemaBasics(key.schema),
        name: this.#adjust(`${this.#topic}.Key`),
      });
      this.#keys.set(key.schema, schema);
    }
    const cells = key.cells.map((cell, index): Value => cell ?? nullOf(schema, index, false));
    return new Struct(schema, added === null ? cells : [...cells, added.value]);
  }

  #routedEnvelope(envelope: Struct): Struct {
    let schema = this.#envelopes.get(envelope.schema);
    if (schema === undefined) {
      schema = this.#envelopeSchema(envelope.schema);
      this.#envelopes.set(envelope.schema, schema);
    }
    const fields = schema.fields!;
    const cells = envelope.cells.map((cell, index): Value => {
      const field = fields[index]!;
      if (!(cell instanceof Struct) || (field.name !== 'before' && field.name !== 'after')) return cell ?? null;
      return new Struct(field.schema, cell.cells);
    });
    return new Struct(schema, cells);
  }

  #envelopeSchema(envelope: Schema): Schema {
    const rowName = this.#adjust(`${this.#topic}.Value`);
    const fields = (envelope.fields ?? []).map((field) =>
      field.name === 'before' || field.name === 'after'
        ? { name: field.name, schema: { ...field.schema, name: rowName } }
        : field,
    );
    return structOf(fields, { ...schemaBasics(envelope), name: this.#adjust(`${this.#topic}.Envelope`) });
  }
}
