import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fieldPath } from '../../../../src/plugins/transforms/field-path.ts';

const paths: readonly (readonly [string, readonly string[]])[] = [
  ['a', ['a']],
  ['a.b.c', ['a', 'b', 'c']],
  ['`a.b`.c', ['a.b', 'c']],
  ['a.`b.c`', ['a', 'b.c']],
  ['t`k', ['t`k']],
  ['`t`k`', ['t`k']],
  ['`t\\`k`', ['t\\`k']],
  ['`a\\`.b`', ['a`.b']],
  ['a.', ['a', '']],
];
for (const [text, names] of paths) {
  test(`the path ${text}`, () => {
    assert.deepEqual(fieldPath(text), names);
  });
}

test('a backtick that does not close is refused', () => {
  assert.throws(() => fieldPath('`a.b'), { kind: 'config' });
});
