import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Row } from '../../../src/core/data/schema.ts';
import { keyIdentity } from '../../../src/engine/key-identity.ts';

test('equal keys are one key, unequal ones are not, however their texts meet', () => {
  const pairs: readonly (readonly [Row, Row, boolean])[] = [
    [[1], [1], true],
    [[9007199254740993n], [9007199254740993n], true],
    [['a', 'bc'], ['ab', 'c'], false],
    [['a', null], ['a', 'n;'], false],
    [[1, 12], [11, 2], false],
    [[[1, 2], 3], [[1], 23], false],
    [[Buffer.from([1])], [Buffer.from([1])], true],
    [[{ unscaled: 10n, scale: 1 }], [{ unscaled: 100n, scale: 2 }], false],
    [
      [
        new Map([
          ['a', 1],
          ['b', 2],
        ]),
      ],
      [
        new Map([
          ['b', 2],
          ['a', 1],
        ]),
      ],
      true,
    ],
    [[['x', null]], [['x', null]], true],
  ];

  for (const [left, right, same] of pairs) assert.equal(keyIdentity(left) === keyIdentity(right), same);
});
