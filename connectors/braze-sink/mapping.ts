// One record → one object of `/users/track`, as JSON text. What Braze would refuse or silently mangle (names above 255, a
// leading `$`, reserved property names, times without a zone) is caught here, record by record, before anything is sent.
import { type ConnectRecord, type Schema, Struct, TributaryError, Typed, type Value } from 'tributary/connect';
import { type BrazeConfig, UNITS_PER_MS } from './config.ts';

/** A mapped record: whom it is for, and its object as JSON. */
export interface BrazeObject {
  readonly user: string;
  readonly json: string;
}

const TEXT_MAX = 255;
const EXTERNAL_ID_BYTES_MAX = 987;
const RESERVED_PROPERTIES = new Set(['time', 'event_name']);
/** Times that may be sent as they are; the pattern proves them valid (a day beyond the 28th needs a calendar). */
const SENDABLE_TIME = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?Z$/;
const LOGICAL_DATE = /\.(Date)$/;

function refuse(code: string, what: string, fix: string): TributaryError {
  return new TributaryError(code, 'data', { what, fix });
}

/** Makes the mapper of a task. It throws `data` errors for records that Braze would not take, null for records to ignore. */
export function mapper(config: BrazeConfig): (record: ConnectRecord) => BrazeObject | null {
  const nameOf = config.object === 'event' ? template(config.eventName ?? '') : null;
  const properties = propertyPicker(config);
  return (record) => {
    if (record.value === null) {
      if (!config.rejectTombstones) return null;
      throw refuse(
        'TRIB_BRAZE_TOMBSTONE',
        'The record has no value.',
        'Set braze.tombstones=ignore to pass over such records.',
      );
    }
    const user = externalId(at(record, config.externalId), config.externalId);
    const picked = properties(record);
    let json = `{"external_id":${JSON.stringify(user)}`;
    if (config.updateExistingOnly) json += ',"_update_existing_only":true';
    if (config.object === 'attributes') return { user, json: `${json}${picked === '' ? '' : `,${picked}`}}` };
    if (nameOf !== null) json += `,"name":${JSON.stringify(checkedName(nameOf(record), 'event name'))}`;
    else json += purchaseFields(record, config);
    json += `,"time":"${timeOf(record, config)}"`;
    return { user, json: `${json}${picked === '' ? '' : `,"properties":{${picked}}`}}` };
  };
}

/** The value at `key`, `key.FIELD`, `value.FIELD` or `timestamp`; undefined when there is no such field. */
function at(record: ConnectRecord, path: string): Value | undefined {
  if (path === 'timestamp') return record.timestampMs;
  const dot = path.indexOf('.');
  const side = dot < 0 ? path : path.slice(0, dot);
  const whole = side === 'key' ? record.key : record.value;
  return dot < 0 ? whole : fieldIn(whole, path.slice(dot + 1));
}

function fieldIn(whole: Value, field: string): Value | undefined {
  if (whole instanceof Struct) return whole.get(field);
  if (whole instanceof Map) return whole.get(field);
  return undefined;
}

function externalId(value: Value | undefined, path: string): string {
  let single = value;
  // A key of one column may come wrapped, depending on the converter.
  if (single instanceof Struct && single.cells.length === 1) single = single.cells[0];
  else if (single instanceof Map && single.size === 1) single = [...single.values()][0];
  if (typeof single !== 'string' && typeof single !== 'number' && typeof single !== 'bigint')
    throw refuse(
      'TRIB_BRAZE_NO_USER',
      `There is no user id at "${path}".`,
      'Point braze.external.id at the field that holds it.',
    );
  const user = String(single);
  if (user === '' || Buffer.byteLength(user) > EXTERNAL_ID_BYTES_MAX)
    throw refuse(
      'TRIB_BRAZE_BAD_USER',
      `The user id at "${path}" is empty or longer than 987 bytes.`,
      'Braze takes no such external_id.',
    );
  return user;
}

/** Replaces `${value.FIELD}` and `${key.FIELD}` in a text. */
function template(text: string): (record: ConnectRecord) => string {
  const parts = text.split(/\$\{([^}]+)\}/);
  if (parts.length === 1) return () => text;
  return (record) => {
    let filled = '';
    for (let i = 0; i < parts.length; i++) {
      if (i % 2 === 0) filled += parts[i]!;
      else filled += String(at(record, parts[i]!) ?? '');
    }
    return filled;
  };
}

function checkedName(name: string, what: string): string {
  if (name === '' || name.length > TEXT_MAX || name.startsWith('$'))
    throw refuse(
      'TRIB_BRAZE_BAD_NAME',
      `The ${what} ${JSON.stringify(name.slice(0, 80))} is not one Braze takes.`,
      'Use 1 to 255 characters, no leading "$".',
    );
  return name;
}

function timeOf(record: ConnectRecord, config: BrazeConfig): string {
  const path = config.time;
  const value = at(record, path);
  const unitsPerMs = path === 'timestamp' ? 1 : UNITS_PER_MS[config.timeUnit];
  let ms = Number.NaN;
  if (typeof value === 'number' || typeof value === 'bigint') ms = Math.floor(Number(value) / unitsPerMs);
  else if (typeof value === 'string') {
    if (SENDABLE_TIME.test(value)) return value;
    ms = Date.parse(withZone(value));
  }
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15)
    throw refuse(
      'TRIB_BRAZE_BAD_TIME',
      `There is no time at "${path}".`,
      'Give epoch milliseconds or ISO text, or set braze.time=timestamp.',
    );
  return new Date(ms).toISOString();
}

/** Text without a zone means UTC, as Braze itself reads it; JavaScript would take local time. */
function withZone(text: string): string {
  const iso = text
    .trim()
    .replace(/^(\d{4}-\d\d-\d\d) (\d)/, '$1T$2')
    .replace(/ UTC$/, 'Z');
  return /T\d/.test(iso) && !/(Z|[+-]\d\d:?\d\d)$/i.test(iso) ? `${iso}Z` : iso;
}

function purchaseFields(record: ConnectRecord, config: BrazeConfig): string {
  const product = at(record, config.productId);
  const currency = /^[A-Z]{3}$/.test(config.currency) ? config.currency : at(record, config.currency);
  const price = jsonOf(at(record, config.price) ?? null, null, config, true);
  if (
    product === null ||
    product === undefined ||
    typeof currency !== 'string' ||
    !/^-?[\d.]+(e[+-]?\d+)?$/i.test(price)
  )
    throw refuse(
      'TRIB_BRAZE_BAD_PURCHASE',
      'A purchase needs product_id, currency and a numeric price.',
      'Check braze.product.id, braze.currency and braze.price.',
    );
  return `,"product_id":${JSON.stringify(checkedName(String(product), 'product id'))},"currency":${JSON.stringify(currency)},"price":${price}`;
}

/** Compiles the setting braze.properties to a function that writes `"a":1,"b":2`. */
function propertyPicker(config: BrazeConfig): (record: ConnectRecord) => string {
  const renamed: [name: string, field: string][] = [];
  const hidden = new Set<string>();
  let others = false;
  for (const item of config.properties) {
    if (item === '*') others = true;
    else if (item.startsWith('-')) hidden.add(item.slice(1));
    else {
      const equals = item.indexOf('=');
      renamed.push(equals < 0 ? [item, item] : [item.slice(0, equals).trim(), item.slice(equals + 1).trim()]);
    }
  }
  for (const path of [config.externalId, config.time]) if (path.startsWith('value.')) hidden.add(path.slice(6));
  const taken = new Set(renamed.map(([, field]) => field));
  return (record) => {
    let json = '';
    const add = (name: string, value: Value, schema: Schema | null) => {
      if (value === null && !config.sendNulls) return;
      checkProperty(name, config);
      json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${jsonOf(value, schema, config, false)}`;
    };
    for (const [name, field] of renamed) add(name, fieldIn(record.value, field) ?? null, schemaOf(record.value, field));
    if (others)
      eachField(record.value, (name, value, schema) => {
        if (!taken.has(name) && !hidden.has(name)) add(name, value, schema);
      });
    return json;
  };
}

function checkProperty(name: string, config: BrazeConfig): void {
  checkedName(name, 'property name');
  if (config.object !== 'attributes' && RESERVED_PROPERTIES.has(name))
    throw refuse(
      'TRIB_BRAZE_RESERVED_PROPERTY',
      `"${name}" may not be a property name in Braze.`,
      `Rename it in braze.properties, e.g. "event=${name}".`,
    );
}

function schemaOf(whole: Value, field: string): Schema | null {
  return whole instanceof Struct
    ? (whole.schema.fields?.find((candidate) => candidate.name === field)?.schema ?? null)
    : null;
}

function eachField(whole: Value, visit: (name: string, value: Value, schema: Schema | null) => void): void {
  if (whole instanceof Struct) {
    const fields = whole.schema.fields!;
    for (let i = 0; i < fields.length; i++) visit(fields[i]!.name, whole.cells[i] ?? null, fields[i]!.schema);
  } else if (whole instanceof Map) {
    for (const [name, value] of whole) visit(String(name), value, null);
  }
}

/** A value as JSON that Braze keeps exactly: integers beyond 2^53 and decimals as text, times as ISO text. */
function jsonOf(value: Value, schema: Schema | null, config: BrazeConfig, asNumber: boolean): string {
  if (value === null || value === undefined) return 'null';
  switch (typeof value) {
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return asNumber ? String(value) : `"${value}"`;
    case 'number':
      return numberJson(value, schema, config);
    case 'string':
      if (value.length > TEXT_MAX && config.object !== 'attributes')
        throw refuse(
          'TRIB_BRAZE_TEXT_TOO_LONG',
          `A text of ${value.length} characters does not fit a property (255).`,
          'Leave it out in braze.properties or shorten it.',
        );
      return JSON.stringify(value);
    default:
      return nestedJson(value, schema, config, asNumber);
  }
}

function numberJson(value: number, schema: Schema | null, config: BrazeConfig): string {
  if (!Number.isFinite(value))
    throw refuse('TRIB_BRAZE_BAD_NUMBER', `${value} has no JSON form.`, 'Filter or replace it before the sink.');
  const name = schema?.name ?? '';
  if (name.endsWith('connect.data.Timestamp') || name.endsWith('time.Timestamp'))
    return `"${new Date(value).toISOString()}"`;
  if (LOGICAL_DATE.test(name)) return `"${new Date(value * 86_400_000).toISOString().slice(0, 10)}"`;
  return config.longsAsText && schema?.kind === 'int64' ? `"${value}"` : String(value);
}

function nestedJson(
  value: Exclude<Value, null | boolean | number | bigint | string>,
  schema: Schema | null,
  config: BrazeConfig,
  asNumber: boolean,
): string {
  if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
  if (Array.isArray(value))
    return `[${value.map((item) => jsonOf(item, schema?.items ?? null, config, false)).join(',')}]`;
  if (value instanceof Struct || value instanceof Map) {
    const parts: string[] = [];
    eachField(value, (name, item, itemSchema) => {
      if (item !== null || config.sendNulls)
        parts.push(`${JSON.stringify(name)}:${jsonOf(item, itemSchema, config, false)}`);
    });
    return `{${parts.join(',')}}`;
  }
  if (value instanceof Typed) return jsonOf(value.value, null, config, asNumber);
  const text = decimalText(value.unscaled, value.scale);
  return asNumber ? text : `"${text}"`;
}

function decimalText(unscaled: bigint, scale: number): string {
  if (scale <= 0) return String(unscaled * 10n ** BigInt(-scale));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}
