// Settings of the Braze sink: declared once; validation, docs and the form in the page read this list.
import type { ConfigDef, ParsedConfig, Password, SettingValue } from 'tributary/connect';

/** Today's limit of `/users/track`: objects over all three arrays of one request (braze docs, "75 events a request"). */
const OBJECTS_PER_REQUEST = 75;
/** Braze refuses bodies above 4 MB; some room is left for the wrapping. */
const REQUEST_BYTES = 4_000_000;

function atLeast(least: number): (value: SettingValue) => string | null {
  return (value) => (typeof value === 'number' && value >= least ? null : `Value must be at least ${least}`);
}

const PATH = /^(key|value|timestamp|(key|value)\.[^.]+)$/;
function isPath(value: SettingValue): string | null {
  return typeof value === 'string' && PATH.test(value)
    ? null
    : 'Use "key", "key.FIELD", "value", "value.FIELD" or "timestamp"';
}

export const CONFIG: ConfigDef = [
  {
    name: 'braze.endpoint',
    type: 'STRING',
    importance: 'HIGH',
    group: 'Braze',
    doc: 'Base URL of the REST endpoint of your Braze instance, e.g. https://rest.fra-02.braze.eu.',
    check: (value) =>
      typeof value === 'string' && URL.canParse(value) && /^https?:/.test(value)
        ? null
        : 'Give an http(s) URL such as https://rest.iad-01.braze.com',
  },
  {
    name: 'braze.api.key',
    type: 'PASSWORD',
    importance: 'HIGH',
    group: 'Braze',
    doc: 'REST API key with the permission users.track. Keep it out of files: "${env:BRAZE_API_KEY}".',
  },
  {
    name: 'braze.object',
    type: 'STRING',
    fallback: 'event',
    importance: 'HIGH',
    group: 'Mapping',
    doc: 'What a record becomes: a custom event, attributes of the user, or a purchase.',
    choices: ['event', 'attributes', 'purchase'],
  },
  {
    name: 'braze.external.id',
    type: 'STRING',
    fallback: 'key',
    importance: 'HIGH',
    group: 'Mapping',
    doc: 'Where the user’s external_id stands: "key", "key.FIELD" or "value.FIELD". Integers are sent as text, exactly.',
    check: isPath,
  },
  {
    name: 'braze.event.name',
    type: 'STRING',
    fallback: null,
    importance: 'HIGH',
    group: 'Mapping',
    doc: 'Name of the custom event (braze.object=event): a text, in which ${value.FIELD} and ${key.FIELD} are replaced.',
  },
  {
    name: 'braze.time',
    type: 'STRING',
    fallback: 'timestamp',
    importance: 'MEDIUM',
    group: 'Mapping',
    doc: 'Where the time of an event or purchase stands: "timestamp" (of the Kafka record) or "value.FIELD" (an epoch number, see braze.time.unit, or ISO text).',
    check: isPath,
  },
  {
    name: 'braze.time.unit',
    type: 'STRING',
    fallback: 'milliseconds',
    importance: 'LOW',
    group: 'Mapping',
    doc: 'Unit of a numeric time at braze.time. Debezium writes DATETIME(6) and TIMESTAMP columns as microseconds.',
    choices: ['seconds', 'milliseconds', 'microseconds', 'nanoseconds'],
  },
  {
    name: 'braze.properties',
    type: 'LIST',
    fallback: ['*'],
    importance: 'MEDIUM',
    group: 'Mapping',
    doc: 'Properties (or attributes) to send: field names of the value, "name=field" renames, "*" means all other fields, "-field" leaves one out. The names time and event_name are reserved by Braze: rename them.',
  },
  {
    name: 'braze.product.id',
    type: 'STRING',
    fallback: 'value.product_id',
    importance: 'LOW',
    group: 'Purchase',
    doc: 'Where product_id of a purchase stands.',
    check: isPath,
  },
  {
    name: 'braze.currency',
    type: 'STRING',
    fallback: 'value.currency',
    importance: 'LOW',
    group: 'Purchase',
    doc: 'Where the ISO 4217 currency of a purchase stands, or three letters for a fixed one.',
  },
  {
    name: 'braze.price',
    type: 'STRING',
    fallback: 'value.price',
    importance: 'LOW',
    group: 'Purchase',
    doc: 'Where the price of a purchase stands, in the base unit of the currency.',
    check: isPath,
  },
  {
    name: 'braze.longs',
    type: 'STRING',
    fallback: 'number',
    importance: 'LOW',
    group: 'Mapping',
    doc: 'Integers beyond 2^53 in properties, which Braze would round: "number" sends them as text only then, "text" sends every 64-bit integer as text.',
    choices: ['number', 'text'],
  },
  {
    name: 'braze.nulls',
    type: 'STRING',
    fallback: 'omit',
    importance: 'LOW',
    group: 'Mapping',
    doc: 'Null fields: leave them out, or send them (a null attribute removes it from the profile).',
    choices: ['omit', 'send'],
  },
  {
    name: 'braze.tombstones',
    type: 'STRING',
    fallback: 'ignore',
    importance: 'LOW',
    group: 'Mapping',
    doc: 'Records without a value: ignore them, or reject them (to the dead-letter topic).',
    choices: ['ignore', 'reject'],
  },
  {
    name: 'braze.update.existing.only',
    type: 'BOOLEAN',
    fallback: false,
    importance: 'LOW',
    group: 'Mapping',
    doc: 'Never make a profile for an unknown external_id.',
  },
  {
    name: 'braze.objects.per.request',
    type: 'INT',
    fallback: OBJECTS_PER_REQUEST,
    importance: 'MEDIUM',
    group: 'Delivery',
    doc: 'Objects of one request, all arrays together. A lower limit of your contract is learnt from the first refusal.',
    check: atLeast(1),
  },
  {
    name: 'braze.request.bytes',
    type: 'INT',
    fallback: REQUEST_BYTES,
    importance: 'LOW',
    group: 'Delivery',
    doc: 'Largest body of a request, in bytes.',
    check: atLeast(1_000),
  },
  {
    name: 'braze.requests.in.flight',
    type: 'INT',
    fallback: 8,
    importance: 'MEDIUM',
    group: 'Delivery',
    doc: 'Requests under way at once, a task. The objects of one user are never in two of them.',
    check: atLeast(1),
  },
  {
    name: 'braze.requests.per.minute',
    type: 'INT',
    fallback: 50_000,
    importance: 'MEDIUM',
    group: 'Delivery',
    doc: 'Pace of requests of this task. Answers that ask to wait (429) are always obeyed.',
    check: atLeast(1),
  },
  {
    name: 'braze.timeout.ms',
    type: 'INT',
    fallback: 30_000,
    importance: 'LOW',
    group: 'Delivery',
    doc: 'How long to wait for an answer.',
    check: atLeast(1),
  },
  {
    name: 'braze.retry.timeout.ms',
    type: 'LONG',
    fallback: 3_600_000,
    importance: 'MEDIUM',
    group: 'Delivery',
    doc: 'How long a request is tried again (network faults, 5xx) before the task fails. Nothing is lost: a restart goes on from there.',
    check: atLeast(0),
  },
  {
    name: 'braze.unknown.outcome',
    type: 'STRING',
    fallback: 'resend',
    importance: 'MEDIUM',
    group: 'Delivery',
    doc: 'A request whose answer was lost may or may not have been taken, and Braze removes no duplicates: send it again (perhaps twice), or not (perhaps never).',
    choices: ['resend', 'skip'],
  },
];

/** How many units of a numeric time make a millisecond. */
export const UNITS_PER_MS = { seconds: 0.001, milliseconds: 1, microseconds: 1_000, nanoseconds: 1_000_000 } as const;

/** The settings, typed. */
export interface BrazeConfig {
  readonly endpoint: string;
  readonly apiKey: Password;
  readonly object: 'event' | 'attributes' | 'purchase';
  readonly externalId: string;
  readonly eventName: string | null;
  readonly time: string;
  readonly timeUnit: keyof typeof UNITS_PER_MS;
  readonly properties: readonly string[];
  readonly productId: string;
  readonly currency: string;
  readonly price: string;
  readonly longsAsText: boolean;
  readonly sendNulls: boolean;
  readonly rejectTombstones: boolean;
  readonly updateExistingOnly: boolean;
  readonly objectsMax: number;
  readonly bytesMax: number;
  readonly inFlightMax: number;
  readonly requestsPerMinute: number;
  readonly timeoutMs: number;
  readonly retryTimeoutMs: number;
  readonly resendUnknown: boolean;
}

/** Reads the parsed settings into their typed form. */
export function brazeConfig(config: ParsedConfig): BrazeConfig {
  return {
    endpoint: String(config['braze.endpoint']).replace(/\/+$/, ''),
    apiKey: config['braze.api.key'] as Password,
    object: config['braze.object'] as BrazeConfig['object'],
    externalId: String(config['braze.external.id']),
    eventName: config['braze.event.name'] as string | null,
    time: String(config['braze.time']),
    timeUnit: config['braze.time.unit'] as BrazeConfig['timeUnit'],
    properties: config['braze.properties'] as readonly string[],
    productId: String(config['braze.product.id']),
    currency: String(config['braze.currency']),
    price: String(config['braze.price']),
    longsAsText: config['braze.longs'] === 'text',
    sendNulls: config['braze.nulls'] === 'send',
    rejectTombstones: config['braze.tombstones'] === 'reject',
    updateExistingOnly: config['braze.update.existing.only'] === true,
    objectsMax: Number(config['braze.objects.per.request']),
    bytesMax: Number(config['braze.request.bytes']),
    inFlightMax: Number(config['braze.requests.in.flight']),
    requestsPerMinute: Number(config['braze.requests.per.minute']),
    timeoutMs: Number(config['braze.timeout.ms']),
    retryTimeoutMs: Number(config['braze.retry.timeout.ms']),
    resendUnknown: config['braze.unknown.outcome'] === 'resend',
  };
}
