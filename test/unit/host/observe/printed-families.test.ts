import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Family } from '../../../../src/host/observe/connect-metrics-family.ts';
import { PrintedFamilies } from '../../../../src/host/observe/printed-families.ts';

const family = (labels: readonly string[], values: readonly number[], attribute = 'poll-total'): Family => ({
  group: 'source-task',
  attribute,
  help: 'Records.',
  labels,
  value: (index) => values[index]!,
});
const HEAD = '# HELP m Records.\n# TYPE m counter\n';

test('a family whose figures are the same is answered as it was printed, without another text', () => {
  const printed = new PrintedFamilies();

  const first = printed.text('m', family(['{task="0"}', '{task="1"}'], [0, 1.5]));
  const second = printed.text('m', family(['{task="0"}', '{task="1"}'], [0, 1.5]));

  assert.equal(first.toString(), `${HEAD}m{task="0"} 0\nm{task="1"} 1.5\n`);
  assert.equal(second, first);
});

test('a figure, a label or a number of series that has changed is printed', () => {
  const printed = new PrintedFamilies();
  const text = (labels: readonly string[], values: readonly number[]) =>
    printed.text('m', family(labels, values)).toString().slice(HEAD.length);

  assert.equal(text(['{a}', '{b}'], [1, 2]), 'm{a} 1\nm{b} 2\n');
  assert.equal(text(['{a}', '{b}'], [1, 3]), 'm{a} 1\nm{b} 3\n');
  assert.equal(text(['{a}', '{c}'], [1, 3]), 'm{a} 1\nm{c} 3\n');
  assert.equal(text(['{a}'], [1]), 'm{a} 1\n');
  assert.equal(text([], []), '');
  assert.equal(text(['{a}'], [0]), 'm{a} 0\n');
});
