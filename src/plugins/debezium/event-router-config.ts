// Settings of the outbox EventRouter.

import { validRegex } from '../../core/config/checks.ts';
import type { ConfigDef, ParsedConfig, RawConfig, SettingValue } from '../../core/config/define.ts';
import { dataFault } from '../faults.ts';
import type { ExpandRules } from './expand-json.ts';
import { anyCase } from './setting-checks.ts';

/** Where a column goes beside the payload. */
export interface Placement {
  readonly column: string;
  readonly placement: string;
  readonly alias: string;
}

/** The settings as the router uses them. */
export interface RouterOptions {
  readonly idField: string;
  readonly keyField: string;
  readonly payloadField: string;
  readonly timestampField: string | null;
  readonly versionField: string | null;
  readonly placements: readonly Placement[];
  readonly ignoreMissing: boolean;
  readonly invalidOp: string;
  readonly expand: boolean;
  readonly expandRules: ExpandRules;
  readonly routeBy: string;
  readonly topicRegex: string;
  readonly topicReplacement: string;
  readonly tombstoneOnEmpty: boolean;
}

export const EVENT_ROUTER_CONFIG: ConfigDef = [
  {
    name: 'table.field.event.id',
    type: 'STRING',
    fallback: 'id',
    importance: 'LOW',
    group: 'Table',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Event ID Field',
    doc: 'Column with the event id; it becomes the header id.',
  },
  {
    name: 'table.field.event.key',
    type: 'STRING',
    fallback: 'aggregateid',
    importance: 'LOW',
    group: 'Table',
    order: 2,
    width: 'MEDIUM',
    displayName: 'Event Key Field',
    doc: 'Column that becomes the key of the event.',
  },
  {
    name: 'table.field.event.type',
    type: 'STRING',
    fallback: 'type',
    importance: 'LOW',
    group: 'Table',
    order: 3,
    width: 'MEDIUM',
    displayName: 'Event Type Field',
    doc: 'Kept for old configs: place the column yourself with table.fields.additional.placement.',
  },
  {
    name: 'table.field.event.payload',
    type: 'STRING',
    fallback: 'payload',
    importance: 'LOW',
    group: 'Table',
    order: 4,
    width: 'MEDIUM',
    displayName: 'Event Payload Field',
    doc: 'Column that becomes the value of the event.',
  },
  {
    name: 'table.field.event.timestamp',
    type: 'STRING',
    fallback: null,
    importance: 'MEDIUM',
    group: 'Table',
    order: 5,
    width: 'MEDIUM',
    displayName: 'Event Timestamp Field',
    doc: 'Column with the time of the event (a Debezium timestamp); default: the time of the change.',
  },
  {
    name: 'table.fields.additional.placement',
    type: 'LIST',
    fallback: null,
    importance: 'HIGH',
    group: 'Table',
    order: 6,
    width: 'MEDIUM',
    displayName: 'Settings for each additional column in the outbox table',
    doc: 'More columns and where they go: column:header, column:envelope or column:partition, each with :alias behind it if wanted.',
    check: placementForm,
  },
  {
    name: 'table.field.additional.missing',
    type: 'STRING',
    fallback: 'error',
    importance: 'MEDIUM',
    group: 'Table',
    order: 7,
    width: 'MEDIUM',
    displayName: 'Behavior when an additional field is missing in the change data',
    doc: 'What happens when such a column is missing: error or ignore.',
    check: anyCase('error', 'ignore'),
  },
  {
    name: 'table.field.event.schema.version',
    type: 'STRING',
    fallback: null,
    importance: 'LOW',
    group: 'Table',
    order: 8,
    width: 'MEDIUM',
    displayName: 'Event Schema Version Field',
    doc: 'Int column with the version of the event schema (with an envelope).',
  },
  {
    name: 'table.op.invalid.behavior',
    type: 'STRING',
    fallback: 'warn',
    importance: 'MEDIUM',
    group: 'Table',
    order: 9,
    width: 'MEDIUM',
    displayName: 'Behavior when capturing an unexpected outbox event',
    doc: 'What happens on an update of the outbox: warn or error drop it, fatal fails.',
    check: anyCase('warn', 'error', 'fatal'),
  },
  {
    name: 'table.expand.json.payload',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'MEDIUM',
    group: 'Table',
    order: 10,
    width: 'MEDIUM',
    displayName: 'Expand Payload escaped string as real JSON',
    doc: 'Whether a payload that is JSON text becomes structured data.',
  },
  {
    name: 'table.json.payload.null.behavior',
    type: 'STRING',
    fallback: 'ignore',
    importance: 'MEDIUM',
    group: 'Table',
    order: 11,
    width: 'MEDIUM',
    displayName: 'Behavior when json payload including null value',
    doc: 'Null members of expanded JSON: ignore, or optional_bytes.',
    check: anyCase('ignore', 'optional_bytes'),
  },
  {
    name: 'route.by.field',
    type: 'STRING',
    fallback: 'aggregatetype',
    importance: 'HIGH',
    group: 'Router',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Field to route events by',
    doc: 'Column whose value decides the topic.',
  },
  {
    name: 'route.topic.regex',
    type: 'STRING',
    fallback: '(?<routedByValue>.*)',
    importance: 'LOW',
    group: 'Router',
    order: 2,
    width: 'MEDIUM',
    displayName: 'The name of the routed topic',
    doc: 'Applied to that value (Java syntax); the whole must match.',
    check: validRegex,
  },
  {
    name: 'route.topic.replacement',
    type: 'STRING',
    fallback: 'outbox.event.${routedByValue}',
    importance: 'HIGH',
    group: 'Router',
    order: 3,
    width: 'MEDIUM',
    displayName: 'The name of the routed topic',
    doc: 'The topic; ${routedByValue} stands for the value.',
  },
  {
    name: 'route.tombstone.on.empty.payload',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'HIGH',
    group: 'Router',
    order: 4,
    width: 'MEDIUM',
    displayName: 'Empty payloads cause a tombstone message',
    doc: 'Whether an event without payload becomes a tombstone.',
  },
  {
    name: 'tracing.span.context.field',
    type: 'STRING',
    fallback: 'tracingspancontext',
    importance: 'HIGH',
    group: 'Tracing',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Serialized tracing span context field',
    doc: 'Kept for old configs; spans are not traced here.',
  },
  {
    name: 'tracing.operation.name',
    type: 'STRING',
    fallback: 'debezium-read',
    importance: 'HIGH',
    group: 'Tracing',
    order: 2,
    width: 'MEDIUM',
    displayName: 'Tracing operation name',
    doc: 'Kept for old configs; spans are not traced here.',
  },
  {
    name: 'tracing.with.context.field.only',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'HIGH',
    group: 'Tracing',
    order: 3,
    width: 'MEDIUM',
    displayName: 'Trace only events with context field present',
    doc: 'Kept for old configs; spans are not traced here.',
  },
];

/** The options of parsed settings. Some that the reference reads stand in no definition: they come from `raw`. */
export function routerOptions(config: ParsedConfig, raw: RawConfig): RouterOptions {
  const text = (name: string) => config[name] as string;
  const emptyLists = (raw['table.json.payload.empty.array.behavior'] ?? 'ignore').toLowerCase();
  return {
    idField: text('table.field.event.id'),
    keyField: text('table.field.event.key'),
    payloadField: text('table.field.event.payload'),
    timestampField: config['table.field.event.timestamp'] as string | null,
    versionField: config['table.field.event.schema.version'] as string | null,
    placements: ((config['table.fields.additional.placement'] ?? []) as readonly string[]).map(placementOf),
    ignoreMissing: text('table.field.additional.missing').toLowerCase() === 'ignore',
    invalidOp: text('table.op.invalid.behavior').toLowerCase(),
    expand: config['table.expand.json.payload'] as boolean,
    expandRules: {
      nulls: text('table.json.payload.null.behavior').toLowerCase() === 'optional_bytes' ? 'optional_bytes' : 'ignore',
      emptyLists: emptyLists === 'optional_string' ? 'optional_string' : 'ignore',
    },
    routeBy: text('route.by.field'),
    topicRegex: text('route.topic.regex'),
    topicReplacement: text('route.topic.replacement'),
    tombstoneOnEmpty: config['route.tombstone.on.empty.payload'] as boolean,
  };
}

function placementForm(value: SettingValue): string | null {
  if (value === null) return null;
  const members = value as readonly string[];
  const wrong = members.find((member) => !/^[^:]+:[^:]+(:[^:]+)?$/.test(member));
  return members.length > 0 && wrong === undefined
    ? null
    : `"${wrong ?? ''}" must be column:placement or column:placement:alias`;
}

function placementOf(member: string): Placement {
  const [column, placement, alias] = member.split(':').map((part) => part.trim()) as [
    string,
    string,
    string | undefined,
  ];
  return { column, placement: placement.toLowerCase(), alias: alias ?? column };
}

/** Refuses placements that are none; the reference does so when a row comes. */
export function knownPlacement(placement: string): 'header' | 'envelope' | 'partition' {
  if (placement === 'header' || placement === 'envelope' || placement === 'partition') return placement;
  throw dataFault(`"${placement}" is no placement.`, 'Use header, envelope or partition.');
}
