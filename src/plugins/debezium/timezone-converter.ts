// Puts times of change events into a time zone: zoned texts keep their instant and get the zone's offset, times without a
// zone are taken as wall times of the zone and become instants.

import type { Transform, TransformDef } from '../../connect/plugins.ts';
import type { ConnectRecord } from '../../connect/records.ts';
import type { SettingValue } from '../../core/config/define.ts';
import { longOf, toBigInt } from '../../core/data/long.ts';
import { LOGICAL, type Long, type Schema, Struct, type Value } from '../../core/data/schema.ts';
import { compileJavaRegex } from '../../core/java/regex.ts';
import { configFault, dataFault } from '../faults.ts';
import { perSchema } from '../per-schema.ts';
import { DEBEZIUM_VERSION, isEnvelope } from './envelope.ts';
import { changeEvent } from './sample-event.ts';
import { required } from './setting-checks.ts';
import { type ZoneOffsets, zoneOffsets } from './zone-offsets.ts';

const high = { importance: 'HIGH', order: 1, width: 'MEDIUM' } as const;
const RULE_DOC =
  'Rules source:TABLE[:FIELD], topic:TOPIC[:FIELD] or NAME:FIELD; a field may begin with before., after. or source.';

/** Debezium's `TimezoneConverter`. */
export const timezoneConverter: TransformDef = {
  kind: 'transform',
  name: 'TimezoneConverter',
  classes: ['io.debezium.transforms.TimezoneConverter'],
  version: DEBEZIUM_VERSION,
  doc: 'Converts times of change events to a time zone.',
  config: [
    {
      ...high,
      name: 'converted.timezone',
      type: 'STRING',
      fallback: null,
      displayName: 'Converted Timezone',
      doc: 'A zone id such as Europe/Paris, or an offset such as +08:00.',
      check: required,
    },
    {
      ...high,
      name: 'include.list',
      type: 'LIST',
      fallback: null,
      displayName: 'Include List',
      doc: `What to convert; without it all of before and after. ${RULE_DOC}`,
      check: regexes,
    },
    {
      ...high,
      name: 'exclude.list',
      type: 'LIST',
      fallback: null,
      displayName: 'Exclude List',
      doc: `What to leave as it is. ${RULE_DOC}`,
      check: regexes,
    },
  ],
  examples: [
    {
      config: { 'converted.timezone': 'Europe/Paris' },
      given: changeEvent('c', null, [7, 'no times in this row']),
      gives: changeEvent('c', null, [7, 'no times in this row']),
    },
  ],
  create: (config) => {
    const zone = config['converted.timezone'] as string;
    const offsets = zoneOffsets(zone);
    if (offsets === null)
      throw configFault(`converted.timezone is "${zone}".`, 'Use a zone id or an offset such as +08:00.');
    const include = config['include.list'] as readonly string[] | null;
    const exclude = config['exclude.list'] as readonly string[] | null;
    if (include !== null && exclude !== null) throw configFault('Give include.list or exclude.list, not both.');
    return converter(offsets, parseRules(include ?? exclude ?? []), include !== null, exclude !== null);
  },
};

function regexes(value: SettingValue): string | null {
  for (const member of Array.isArray(value) ? value : []) {
    try {
      compileJavaRegex(member);
    } catch (error) {
      return `A comma-separated list of valid regular expressions is required: ${(error as Error).message}`;
    }
  }
  return null;
}

interface Rule {
  /** `source`: the table; `topic`: the topic; null: either. */
  readonly of: 'source' | 'topic' | null;
  readonly name: string;
  /** `before`, `after` or `source`; null: before and after. */
  readonly part: string | null;
  readonly field: string | null;
}

const NAME = /^[".\w\s-]+$/;

function parseRules(entries: readonly string[]): readonly Rule[] {
  const seen = new Set<string>();
  return entries.map((entry) => {
    const rule = parseRule(entry.trim());
    const key = `${rule?.of}:${rule?.name}`;
    if (rule === null || seen.has(key)) {
      throw configFault(`"${entry}" is no usable rule.`, `${RULE_DOC} One rule a table or topic.`);
    }
    seen.add(key);
    return rule;
  });
}

function parseRule(entry: string): Rule | null {
  const parts = entry.split(':');
  if (parts.some((part) => !NAME.test(part)) || parts.length < 2 || parts.length > 3) return null;
  const [first, second, third] = parts as [string, string, string | undefined];
  const scoped = first === 'source' || first === 'topic';
  if (!scoped && third !== undefined) return null;
  const path = scoped ? third : second;
  const [, part, field] = /^(before|after|source)\.(.+)$/.exec(path ?? '') ?? [];
  return { of: scoped ? first : null, name: scoped ? second : first, part: part ?? null, field: field ?? path ?? null };
}

function converter(offsets: ZoneOffsets, rules: readonly Rule[], includes: boolean, excludes: boolean): Transform {
  const planOf = perSchema((schema) => (schema.fields ?? []).map((field) => conversionOf(field.schema, offsets)));
  return (record) => {
    const envelope = record.value;
    if (!isEnvelope(record.valueSchema) || !(envelope instanceof Struct)) return record;
    const rule = matching(rules, record, envelope);
    if (includes && rule === undefined) return record;
    if (excludes && rule !== undefined && rule.field === null) return record;
    const takes = (part: string, field: string) => taken(rule, includes, part, field);
    const parts = partsOf(rule, includes);
    let changed = false;
    const cells = envelope.cells.map((cell, index): Value => {
      const { name } = envelope.schema.fields![index]!;
      if (!(cell instanceof Struct) || !parts.includes(name)) return cell ?? null;
      const out =
        name === 'source' ? convertSource(cell, offsets, takes) : convertRow(cell, planOf(cell.schema), name, takes);
      changed ||= out !== cell;
      return out;
    });
    return changed ? record.withValue(record.valueSchema, new Struct(envelope.schema, cells)) : record;
  };
}

function matching(rules: readonly Rule[], record: ConnectRecord, envelope: Struct): Rule | undefined {
  if (rules.length === 0) return undefined;
  const source = envelope.get('source');
  const table = source instanceof Struct ? source.get('table') : null;
  return rules.find(({ of, name }) => (of !== 'topic' && name === table) || (of !== 'source' && name === record.topic));
}

function partsOf(rule: Rule | undefined, includes: boolean): readonly string[] {
  if (rule?.part === 'source') return includes ? ['source'] : ['before', 'after', 'source'];
  return includes && rule?.part ? [rule.part] : ['before', 'after'];
}

function taken(rule: Rule | undefined, includes: boolean, part: string, field: string): boolean {
  if (rule === undefined || rule.field === null) return true;
  const isMeant = field === rule.field && (rule.part === null || rule.part === part);
  return includes ? isMeant : !isMeant;
}

type Takes = (part: string, field: string) => boolean;

function convertRow(
  row: Struct,
  plan: readonly (((value: Value) => Value) | null)[],
  part: string,
  takes: Takes,
): Struct {
  const fields = row.schema.fields!;
  const cells = row.cells.map((cell, index): Value => {
    const convert = plan[index] ?? null;
    return cell === null || cell === undefined || convert === null || !takes(part, fields[index]!.name)
      ? (cell ?? null)
      : convert(cell);
  });
  return new Struct(row.schema, cells);
}

const SOURCE_UNITS: Readonly<Record<string, number>> = { ts_ms: 1, ts_us: 1000, ts_ns: 1_000_000 };

/** Times of the source block are instants; they become wall times of the zone. */
function convertSource(source: Struct, offsets: ZoneOffsets, takes: Takes): Struct {
  const cells = source.cells.map((cell, index): Value => {
    const { name } = source.schema.fields![index]!;
    const perMs = SOURCE_UNITS[name];
    if (perMs === undefined || cell === null || cell === undefined || !takes('source', name)) return cell ?? null;
    const exact = toBigInt(cell as Long);
    const offsetMs = offsets.atInstant(Number(exact / BigInt(perMs)));
    return longOf(exact + BigInt(offsetMs * perMs));
  });
  return new Struct(source.schema, cells);
}

/** How values of a schema are converted; null: they are not. */
function conversionOf(schema: Schema, offsets: ZoneOffsets): ((value: Value) => Value) | null {
  switch (schema.name) {
    case 'io.debezium.time.ZonedTimestamp':
      return (value) => zonedTimestamp(value as string, offsets);
    case 'io.debezium.time.ZonedTime':
      return (value) => zonedTime(value as string, offsets);
    case 'io.debezium.time.Timestamp':
    case LOGICAL.timestamp:
      return (value) => wallToInstant(value as Long, 1, offsets);
    case 'io.debezium.time.MicroTimestamp':
      return (value) => wallToInstant(value as Long, 1000, offsets);
    case 'io.debezium.time.NanoTimestamp':
      return (value) => wallToInstant(value as Long, 1_000_000, offsets);
    default:
      return null;
  }
}

function wallToInstant(value: Long, perMs: number, offsets: ZoneOffsets): Long {
  const exact = toBigInt(value);
  const offsetMs = offsets.ofWallTime(Number(exact / BigInt(perMs)));
  return longOf(exact - BigInt(offsetMs) * BigInt(perMs));
}

const ZONED = /^(?:(-?\d{4,})-(\d\d)-(\d\d)T)?(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d(?::\d\d)?)$/;

/** The offset is that which the zone has at the text's wall time: an oddity of the reference around clock changes. */
function zonedTimestamp(text: string, offsets: ZoneOffsets): string {
  if (INFINITE.test(text)) return text;
  const match = ZONED.exec(text);
  if (match === null || match[1] === undefined) throw noTime(text);
  const [, year, month, day, hour, minute, second = '0', fraction = '', zone] = match as unknown as string[];
  const wallMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // The calendar is lenient, Java's parser is not.
  if (new Date(wallMs).toISOString().slice(5, 19) !== `${month}-${day}T${hour}:${minute}:${second.padStart(2, '0')}`) {
    throw noTime(text);
  }
  const targetMs = offsets.ofWallTime(wallMs);
  const shifted = new Date(wallMs - offsetOf(zone!) + targetMs).toISOString().slice(0, 19);
  return shifted + fractionText(fraction) + offsetText(targetMs);
}

function zonedTime(text: string, offsets: ZoneOffsets): string {
  const match = ZONED.exec(text);
  if (match === null || match[1] !== undefined || match[4]! > '23' || match[5]! > '59' || (match[6] ?? '') > '59') {
    throw noTime(text);
  }
  const [, , , , hour, minute, second = '0', fraction = '', zone] = match as unknown as string[];
  const wallMs = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
  const targetMs = offsets.atInstant(wallMs - offsetOf(zone!));
  const shifted = new Date(wallMs - offsetOf(zone!) + targetMs).toISOString().slice(11, 19);
  return shifted + fractionText(fraction) + offsetText(targetMs);
}

/** What Postgres has beyond all times. */
const INFINITE = /^[+-]?infinity$/i;

function noTime(text: string): Error {
  return dataFault(`"${text}" is no time with an offset.`, 'Leave the field out with exclude.list.');
}

function fractionText(fraction: string): string {
  const digits = fraction.replace(/0+$/, '');
  return digits === '' ? '' : `.${digits}`;
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours, minutes, seconds = '0'] = zone.slice(1).split(':') as [string, string, string | undefined];
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return zone.startsWith('-') ? -ms : ms;
}

function offsetText(offsetMs: number): string {
  if (offsetMs === 0) return 'Z';
  const minutes = Math.abs(offsetMs) / 60_000;
  const pad = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const seconds = (Math.abs(offsetMs) / 1000) % 60;
  // Offsets before the times of zones have seconds.
  return `${offsetMs < 0 ? '-' : '+'}${pad(minutes / 60)}:${pad(minutes % 60)}${seconds === 0 ? '' : `:${pad(seconds)}`}`;
}
