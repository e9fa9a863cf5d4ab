import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TransformDef } from '../../../src/connect/plugins.ts';
import { ConnectRecord } from '../../../src/connect/records.ts';
import { compileChain, PluginRegistry } from '../../../src/plugins/index.ts';

const answers: readonly (readonly [words: string, answer: unknown, given: string])[] = [
  ['nothing', undefined, 'undefined'],
  ['a promise', Promise.resolve(null), 'a promise'],
  ['a text', 'x', 'string'],
];

for (const [words, answer, given] of answers) {
  test(`a transform that returns ${words} fails the record instead of losing it`, () => {
    const wrong = {
      kind: 'transform',
      name: 'Wrong',
      classes: ['test.Wrong'],
      doc: 'Returns what it must not.',
      version: '1.0',
      config: [],
      create: () => () => answer,
    } as unknown as TransformDef;
    const chain = compileChain({ transforms: 'w', 'transforms.w.type': 'test.Wrong' }, new PluginRegistry([wrong]));
    const batch: (ConnectRecord | null)[] = [new ConnectRecord({ topic: 'a', value: 'x' })];
    const messages: string[] = [];

    chain(batch, (_index, { error }) => messages.push(error.message));

    assert.deepEqual(messages, [
      `test.Wrong: The transform returned ${given} instead of a record or null. Mend the transform: it must return the record, changed or not, or null to drop it, and not be async.`,
    ]);
    assert.deepEqual(batch, [null]);
  });
}
