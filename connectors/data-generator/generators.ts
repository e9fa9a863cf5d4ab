// The small language of field values: `int(1,100)`, `choice(a,b)`, `name()!`, `string(8)?0.1`.
//
// A trailing `!` keeps the value the same in all versions of a row; `?p` makes it null with that probability.
import { LOGICAL, primitive, quoted, type Schema, TributaryError, type Value, withOptional } from 'tributary/connect';
import { between, mix, unit } from './random.ts';

/** What a value is drawn from. */
export interface Draw {
  /** Number of the row over all tasks. */
  row: number;
  version: number;
  /** Number of the record within its task. */
  sequence: number;
  /** Chance, for this field of this version of this row. */
  chance: number;
  /** Time of the record by the generator's own calendar. */
  timeMs: number;
}

export interface FieldGenerator {
  readonly name: string;
  readonly schema: Schema;
  /** The same in all versions of a row. */
  readonly isFixed: boolean;
  generate(draw: Draw): Value;
}

type Make = (args: readonly string[], fail: (why: string) => never) => Pick<FieldGenerator, 'schema' | 'generate'>;

const INT32 = primitive('int32');
const INT64 = primitive('int64');
const TEXT = primitive('string');
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const FIRST = ['Ada', 'Ben', 'Chloe', 'Dario', 'Elif', 'Femi', 'Greta', 'Hugo', 'Ines', 'Jun', 'Kofi', 'Lena', 'Mira', 'Nils', 'Olga', 'Pia']; // biome-ignore format: short
const LAST = ['Adler', 'Brandt', 'Costa', 'Dupont', 'Eriksen', 'Fischer', 'Garcia', 'Haas', 'Ito', 'Jansen', 'Kim', 'Lopez', 'Moreau', 'Novak', 'Okafor', 'Park']; // biome-ignore format: short
const CITIES = ['Berlin', 'Lagos', 'Lima', 'Lisbon', 'Lyon', 'Oslo', 'Osaka', 'Paris', 'Porto', 'Quito', 'Seoul', 'Turin']; // biome-ignore format: short

/** The generators by name. The README lists them. */
const GENERATORS: Readonly<Record<string, Make>> = {
  int: (args, fail) => range(args, fail, INT32),
  long: (args, fail) => range(args, fail, INT64),
  double: (args, fail) => {
    const [least, most] = bounds(args, fail);
    const digits = 10 ** numberAt(args, 2, 2, fail);
    return {
      schema: primitive('float64'),
      generate: ({ chance }) => Math.round((least + unit(chance) * (most - least)) * digits) / digits,
    };
  },
  decimal: (args, fail) => {
    const [least, most] = bounds(args, fail);
    const scale = numberAt(args, 2, 2, fail);
    const factor = 10 ** scale;
    const schema = primitive('bytes', { name: LOGICAL.decimal, version: 1, parameters: { scale: String(scale) } });
    return {
      schema,
      generate: ({ chance }) => ({ unscaled: BigInt(between(chance, Math.round(least * factor), Math.round(most * factor))), scale }), // biome-ignore format: short
    };
  },
  boolean: (args, fail) => {
    const share = numberAt(args, 0, 0.5, fail);
    return { schema: primitive('boolean'), generate: ({ chance }) => unit(chance) < share };
  },
  choice: (args, fail) => {
    if (args.length === 0) fail('needs at least one value');
    return text(({ chance }) => args[between(chance, 0, args.length - 1)]!);
  },
  pick: (args, fail) => {
    if (args.length === 0) fail('needs at least one value');
    return text(({ row }) => args[row % args.length]!);
  },
  step: (args, fail) => {
    if (args.length === 0) fail('needs at least one value');
    return text(({ version }) => args[Math.min(version, args.length - 1)]!);
  },
  string: (args, fail) => {
    const length = numberAt(args, 0, 10, fail);
    return text(({ chance }) => letters(chance, length));
  },
  name: () => text(({ chance }) => `${one(FIRST, chance)} ${one(LAST, mix(chance, 2))}`),
  city: () => text(({ chance }) => one(CITIES, chance)),
  email: () =>
    text(({ chance, row }) => `${one(FIRST, chance)}.${one(LAST, mix(chance, 2))}.${row}@example.com`.toLowerCase()),
  uuid: () => text(({ chance }) => uuid(chance)),
  key: (args, fail) => {
    const first = numberAt(args, 0, 0, fail);
    const divisor = numberAt(args, 1, 1, fail);
    return { schema: INT64, generate: ({ row }) => first + Math.floor(row / divisor) };
  },
  keyInt: (args, fail) => {
    const first = numberAt(args, 0, 0, fail);
    return { schema: INT32, generate: ({ row }) => (first + row) | 0 };
  },
  version: () => ({ schema: INT32, generate: ({ version }) => version }),
  sequence: () => ({ schema: INT64, generate: ({ sequence }) => sequence }),
  time: () => ({
    schema: primitive('string', { name: 'io.debezium.time.ZonedTimestamp', version: 1 }),
    generate: ({ timeMs }) => new Date(timeMs).toISOString(),
  }),
  timestamp: () => ({
    schema: primitive('int64', { name: LOGICAL.timestamp, version: 1 }),
    generate: ({ timeMs }) => timeMs,
  }),
  micros: () => ({
    schema: primitive('int64', { name: 'io.debezium.time.MicroTimestamp', version: 1 }),
    generate: ({ timeMs }) => timeMs * 1000,
  }),
  constant: (args) => text(() => args.join(',')),
};

/** Names of all generators. */
export const GENERATOR_NAMES: readonly string[] = Object.keys(GENERATORS);

/** Reads `{"field":"generator(…)"}`. Throws `config` with the field and what is wrong. */
export function parseFields(json: string): readonly FieldGenerator[] {
  let template: unknown;
  try {
    template = JSON.parse(json);
  } catch (cause) {
    throw invalid(`The template is not JSON: ${(cause as Error).message}`, 'fields');
  }
  if (typeof template !== 'object' || template === null || Array.isArray(template)) {
    throw invalid('The template is not a JSON object.', 'fields');
  }
  const fields = Object.entries(template).map(([name, value]) => parseField(name, value));
  if (fields.length === 0) throw invalid('The template has no field.', 'fields');
  return fields;
}

function parseField(name: string, text: unknown): FieldGenerator {
  const found = /^\s*(\w+)\s*(?:\((.*)\))?\s*(!?)\s*(?:\?\s*(0?\.\d+|0|1))?\s*$/s.exec(String(text));
  const make = found === null || !Object.hasOwn(GENERATORS, found[1]!) ? undefined : GENERATORS[found[1]!];
  if (make === undefined) {
    throw invalid(`${quoted(text)} is no generator. There are: ${GENERATOR_NAMES.join(', ')}.`, name);
  }
  const args = (found![2] ?? '').trim() === '' ? [] : found![2]!.split(',').map((arg) => arg.trim());
  const { schema, generate } = make(args, (why) => {
    throw invalid(`${quoted(text)} ${why}.`, name);
  });
  const isFixed = found![3] === '!';
  const share = Number(found![4] ?? 0);
  if (share === 0) return { name, schema, isFixed, generate };
  return {
    name,
    schema: withOptional(schema, true),
    isFixed,
    generate: (draw) => (unit(mix(draw.chance, 77)) < share ? null : generate(draw)),
  };
}

function range(args: readonly string[], fail: (why: string) => never, schema: Schema): ReturnType<Make> {
  const [least, most] = bounds(args, fail);
  const limit = schema.kind === 'int32' ? 2 ** 31 : 2 ** 53;
  if (least < -limit || most >= limit || !Number.isInteger(least) || !Number.isInteger(most)) {
    fail(`needs whole numbers ${schema.kind === 'int32' ? 'that an int32 holds' : 'below 2^53 (9007199254740992)'}`);
  }
  return { schema, generate: ({ chance }) => between(chance, least, most) };
}

function text(generate: (draw: Draw) => string): ReturnType<Make> {
  return { schema: TEXT, generate };
}

function bounds(args: readonly string[], fail: (why: string) => never): readonly [number, number] {
  const least = numberAt(args, 0, 0, fail);
  const most = numberAt(args, 1, 100, fail);
  if (least > most) fail('has its bounds the wrong way round');
  return [least, most];
}

function numberAt(args: readonly string[], at: number, fallback: number, fail: (why: string) => never): number {
  const given = args[at];
  if (given === undefined) return fallback;
  const value = Number(given);
  if (given === '' || !Number.isFinite(value)) fail(`needs a number, not ${quoted(given)}`);
  return value;
}

function one(words: readonly string[], chance: number): string {
  return words[chance % words.length]!;
}

function letters(chance: number, length: number): string {
  let word = '';
  let rest = chance;
  for (let i = 0; i < length; i++) {
    rest = mix(rest, i);
    word += LETTERS[rest % LETTERS.length];
  }
  return word;
}

function uuid(chance: number): string {
  const hex = [1, 2, 3, 4].map((part) => mix(chance, part).toString(16).padStart(8, '0')).join('');
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}

function invalid(what: string, where: string): TributaryError {
  return new TributaryError('TRIB_GENERATOR_FIELD', 'config', {
    what,
    where,
    fix: 'connectors/data-generator/README.md lists the generators and their arguments.',
  });
}
