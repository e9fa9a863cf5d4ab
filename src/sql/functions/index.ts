// The one visible list of the built-in functions. A family is a module whose exports are its functions.
import { avg, count, max, min, sum, sumList } from './aggregate/basic.ts';
import { earliestByOffset, latestByOffset } from './aggregate/by-offset.ts';
import { attr, collectList, collectSet, countDistinct, histogram } from './aggregate/collect.ts';
import { correlation, stddevSamp, stddevSample } from './aggregate/statistics.ts';
import { topk, topkDistinct } from './aggregate/top.ts';
import { createFunctions } from './functions.ts';
import type { Functions, SqlFunction } from './registry.ts';
import {
  arrayConcat,
  arrayContains,
  arrayDistinct,
  arrayExcept,
  arrayIntersect,
  arrayJoin,
  arrayLength,
  arrayMax,
  arrayMin,
  arrayRemove,
  arraySort,
  arrayUnion,
  generateSeries,
  slice,
} from './scalar/array.ts';
import { asValue, coalesce, geoDistance, ifNull, nullIf, uuid } from './scalar/conditional.ts';
import { bigintFromBytes, doubleFromBytes, encode, fromBytes, intFromBytes, toBytes } from './scalar/encodings.ts';
import {
  extractJsonField,
  isJsonString,
  jsonArrayContains,
  jsonArrayLength,
  jsonConcat,
  jsonItems,
  jsonKeys,
  jsonRecords,
  toJsonString,
} from './scalar/json.ts';
import { filter, reduce, transform } from './scalar/lambda.ts';
import { asMap, entries, mapKeys, mapUnion, mapValues } from './scalar/map.ts';
import { mask, maskKeepLeft, maskKeepRight, maskLeft, maskRight } from './scalar/mask.ts';
import { abs, ceil, floor, greatest, least, round, sign, trunc } from './scalar/math.ts';
import {
  acos,
  asin,
  atan,
  atan2,
  cbrt,
  cos,
  cosh,
  cotangent,
  exp,
  ln,
  log,
  pi,
  power,
  random,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
  toDegrees,
  toRadians,
} from './scalar/real.ts';
import {
  regexpExtract,
  regexpExtractAll,
  regexpReplace,
  regexpSplitToArray,
  split,
  splitToMap,
} from './scalar/regexp.ts';
import {
  chr,
  concat,
  concatWs,
  elt,
  field,
  initcap,
  instr,
  lcase,
  len,
  lpad,
  md5,
  replace,
  rpad,
  substring,
  trim,
  ucase,
} from './scalar/string.ts';
import {
  convertTz,
  dateAdd,
  dateSub,
  dateToString,
  formatDate,
  formatTime,
  formatTimestamp,
  fromDays,
  fromUnixtime,
  parseDate,
  parseTime,
  parseTimestamp,
  stringToDate,
  stringToTimestamp,
  timeAdd,
  timeSub,
  timestampAdd,
  timestampSub,
  timestampToString,
  unixDate,
  unixTimestamp,
} from './scalar/time.ts';
import {
  urlDecodeParam,
  urlEncodeParam,
  urlExtractFragment,
  urlExtractHost,
  urlExtractParameter,
  urlExtractPath,
  urlExtractPort,
  urlExtractProtocol,
  urlExtractQuery,
} from './scalar/url.ts';
import { cubeExplode, explode } from './table.ts';

export type { Functions } from './registry.ts';

const AGGREGATES: readonly SqlFunction[] = [
  attr,
  avg,
  collectList,
  collectSet,
  correlation,
  count,
  countDistinct,
  earliestByOffset,
  histogram,
  latestByOffset,
  max,
  min,
  stddevSamp,
  stddevSample,
  sum,
  sumList,
  topk,
  topkDistinct,
];
const TABLES: readonly SqlFunction[] = [cubeExplode, explode];
const ARRAY: readonly SqlFunction[] = [
  arrayConcat,
  arrayContains,
  arrayDistinct,
  arrayExcept,
  arrayIntersect,
  arrayUnion,
  arrayRemove,
  arrayJoin,
  arrayLength,
  arrayMax,
  arrayMin,
  arraySort,
  slice,
  generateSeries,
];
const CONDITIONAL: readonly SqlFunction[] = [coalesce, ifNull, nullIf, asValue, uuid, geoDistance];
const ENCODINGS: readonly SqlFunction[] = [toBytes, fromBytes, encode, intFromBytes, bigintFromBytes, doubleFromBytes];
const JSONS: readonly SqlFunction[] = [
  extractJsonField,
  isJsonString,
  jsonArrayContains,
  jsonArrayLength,
  jsonConcat,
  jsonItems,
  jsonKeys,
  jsonRecords,
  toJsonString,
];
const LAMBDA: readonly SqlFunction[] = [filter, transform, reduce];
const MAP: readonly SqlFunction[] = [asMap, mapKeys, mapValues, mapUnion, entries];
const MASK: readonly SqlFunction[] = [mask, maskLeft, maskRight, maskKeepLeft, maskKeepRight];
const MATH: readonly SqlFunction[] = [abs, ceil, floor, round, trunc, sign, greatest, least];
const REAL: readonly SqlFunction[] = [
  acos,
  asin,
  atan,
  cbrt,
  cos,
  cosh,
  cotangent,
  toDegrees,
  exp,
  ln,
  toRadians,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
  atan2,
  power,
  log,
  pi,
  random,
];
const REGEXP: readonly SqlFunction[] = [
  regexpExtract,
  regexpExtractAll,
  regexpReplace,
  regexpSplitToArray,
  split,
  splitToMap,
];
const STRING: readonly SqlFunction[] = [
  ucase,
  lcase,
  len,
  trim,
  initcap,
  concat,
  concatWs,
  elt,
  field,
  instr,
  lpad,
  rpad,
  replace,
  substring,
  chr,
  md5,
];
const TIME: readonly SqlFunction[] = [
  formatTimestamp,
  formatDate,
  formatTime,
  parseTimestamp,
  parseTime,
  parseDate,
  timestampToString,
  stringToTimestamp,
  dateToString,
  stringToDate,
  dateAdd,
  dateSub,
  timeAdd,
  timeSub,
  timestampAdd,
  timestampSub,
  convertTz,
  fromDays,
  fromUnixtime,
  unixDate,
  unixTimestamp,
];
const URL: readonly SqlFunction[] = [
  urlExtractFragment,
  urlExtractHost,
  urlExtractPath,
  urlExtractProtocol,
  urlExtractQuery,
  urlExtractPort,
  urlExtractParameter,
  urlEncodeParam,
  urlDecodeParam,
];
const SCALARS: readonly SqlFunction[] = [
  ...ARRAY,
  ...CONDITIONAL,
  ...ENCODINGS,
  ...JSONS,
  ...LAMBDA,
  ...MAP,
  ...MASK,
  ...MATH,
  ...REAL,
  ...REGEXP,
  ...STRING,
  ...TIME,
  ...URL,
];

/** The built-in functions and, if any, more. Make it once a host. */
export function builtInFunctions(more: readonly SqlFunction[] = []): Functions {
  return createFunctions([...SCALARS, ...AGGREGATES, ...TABLES, ...more]);
}
