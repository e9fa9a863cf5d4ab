// The one visible list of the built-in functions.
import { avg, count, max, min, sum, sumList } from './aggregate/basic.ts';
import { earliestByOffset, latestByOffset } from './aggregate/by-offset.ts';
import { attr, collectList, collectSet, countDistinct, histogram } from './aggregate/collect.ts';
import { correlation, stddevSamp, stddevSample } from './aggregate/statistics.ts';
import { topk, topkDistinct } from './aggregate/top.ts';
import { createFunctions } from './functions.ts';
import type { Functions, SqlFunction } from './registry.ts';
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
const SCALARS: readonly SqlFunction[] = [];

/** The built-in functions and, if any, more. Make it once a host. */
export function builtInFunctions(more: readonly SqlFunction[] = []): Functions {
  return createFunctions([...SCALARS, ...AGGREGATES, ...TABLES, ...more]);
}
