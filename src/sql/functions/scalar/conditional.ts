// COALESCE, IFNULL, NULLIF, AS_VALUE, UUID, GEO_DISTANCE.
import type { Value } from '../../../core/data/schema.ts';
import { evaluationError } from '../../errors.ts';
import { equalCode } from '../../types/compare.ts';
import { BYTES, DOUBLE, lenient, param, primitiveParam, STRING, scalar, strict, T, variable } from '../define.ts';
import type { FunctionContext } from '../registry.ts';

export const coalesce = scalar({
  name: 'COALESCE',
  category: 'CONDITIONAL',
  doc: 'The first argument that is not NULL.',
  nulls: 'NULL when all arguments are.',
  variants: [
    {
      params: [param('first', T), param('others', T)],
      variadic: 1,
      returns: T,
      nulls: 'handle',
      evaluate: (...values: Value[]) => {
        for (const value of values) if (value !== null) return value;
        return null;
      },
      inline: (args) => `(${args.map((arg) => `${arg} !== null ? ${arg}`).join(' : ')} : null)`,
    },
  ],
  examples: [
    ["COALESCE(CAST(NULL AS STRING), 'b', 'c')", "'b'"],
    ['COALESCE(CAST(NULL AS INTEGER), NULL)', 'NULL'],
  ],
});

export const ifNull = scalar({
  name: 'IFNULL',
  category: 'CONDITIONAL',
  doc: 'The value, or the other one when it is NULL.',
  nulls: 'NULL when both are.',
  variants: [
    {
      params: [param('value', T), param('otherwise', T)],
      returns: T,
      nulls: 'handle',
      evaluate: (value: Value, otherwise: Value) => (value === null ? otherwise : value),
      inline: ([value, otherwise]) => `(${value} === null ? ${otherwise} : ${value})`,
    },
  ],
  examples: [
    ["IFNULL(CAST(NULL AS STRING), 'x')", "'x'"],
    ['IFNULL(3, 4)', '3'],
  ],
});

export const nullIf = scalar({
  name: 'NULLIF',
  category: 'CONDITIONAL',
  doc: 'NULL when both values are equal, else the first.',
  nulls: 'NULL when the first is.',
  variants: [
    {
      params: [param('value', T), param('unwanted', T)],
      returns: T,
      nulls: 'handle',
      bind: (call) => {
        const equal = equalCode(variable(call, 'T'));
        return (value: Value, unwanted: Value) => (value === null || equal(value, unwanted) ? null : value);
      },
    },
  ],
  examples: [
    ["NULLIF('n/a', 'n/a')", 'NULL'],
    ["NULLIF('a', 'n/a')", "'a'"],
  ],
});

export const asValue = scalar({
  name: 'AS_VALUE',
  category: 'CONDITIONAL',
  doc: 'The value as it is; marks a key column to be copied into the row value.',
  nulls: 'NULL stays NULL.',
  variants: [
    {
      params: [param('keyColumn', T)],
      returns: T,
      nulls: 'handle',
      evaluate: (value: Value) => value,
      inline: ([value]) => value!,
    },
  ],
  examples: [['AS_VALUE(7)', '7']],
});

export const uuid = scalar({
  name: 'UUID',
  category: 'CONDITIONAL',
  doc: 'A random UUID of version 4, or the UUID that 16 bytes make.',
  nulls: 'NULL for NULL and for any other count of bytes.',
  variants: [
    { params: [], returns: STRING, nulls: 'handle', bind: (_call, _returns, context) => () => randomUuid(context) },
    strict([param('bytes', BYTES)], STRING, (bytes: Uint8Array) => (bytes.length === 16 ? uuidText(bytes) : null)),
  ],
  examples: [
    ["UUID(TO_BYTES('000102030405060708090A0B0C0D0E0F', 'hex'))", "'00010203-0405-0607-0809-0a0b0c0d0e0f'"],
    ["UUID(TO_BYTES('00', 'hex'))", 'NULL'],
  ],
});

function randomUuid(context: FunctionContext): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(context.random() * 256));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return uuidText(bytes);
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const RADIUS_KM = 6371;
const RADIUS_MILES = 3959;
const MILES = ['mi', 'mile', 'miles'];
const KILOMETRES = ['km', 'kilometer', 'kilometers', 'kilometre', 'kilometres'];
const coordinates = ['lat1', 'lon1', 'lat2', 'lon2'].map((name) => primitiveParam(name, DOUBLE));

export const geoDistance = scalar({
  name: 'GEO_DISTANCE',
  category: 'MATHEMATICAL',
  doc: 'The great-circle distance of two points in kilometres or miles (unit `mi`).',
  nulls: 'NULL when a coordinate is NULL; a NULL or blank unit means kilometres.',
  variants: [
    lenient(coordinates, DOUBLE, (lat1: number, lon1: number, lat2: number, lon2: number) =>
      distance([lat1, lon1, lat2, lon2], RADIUS_KM),
    ),
    lenient(
      [...coordinates, param('unit', STRING)],
      DOUBLE,
      (lat1: number, lon1: number, lat2: number, lon2: number, unit: string | null) =>
        distance([lat1, lon1, lat2, lon2], radiusOf(unit)),
    ),
  ],
  examples: [
    ['ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, NULL), 2)', '8634.66'],
    ["ROUND(GEO_DISTANCE(37.4439, -122.1663, 51.5257, -0.1122, 'MI'), 2)", '5365.66'],
  ],
});

function radiusOf(unit: string | null): number {
  const name = (unit ?? '').trim().toLowerCase();
  if (name === '' || KILOMETRES.includes(name)) return RADIUS_KM;
  if (MILES.includes(name)) return RADIUS_MILES;
  throw evaluationError('EVAL-12', `GEO_DISTANCE knows the units km and miles, not "${unit}".`);
}

function distance([lat1, lon1, lat2, lon2]: readonly [number, number, number, number], radius: number): number {
  if (Math.abs(lat1) > 90 || Math.abs(lat2) > 90 || Math.abs(lon1) > 180 || Math.abs(lon2) > 180) {
    throw evaluationError('EVAL-12', `(${lat1}, ${lon1}) to (${lat2}, ${lon2}) leaves the globe: ±90, ±180.`);
  }
  const haversine = (angle: number) => Math.sin(angle / 2) ** 2;
  const a =
    haversine(radians(lat2 - lat1)) +
    haversine(radians(lon2 - lon1)) * Math.cos(radians(lat1)) * Math.cos(radians(lat2));
  return 2 * Math.asin(Math.sqrt(a)) * radius;
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180;
}
