import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crossChecks } from '../../../../connectors/debezium-unwrap/connector.ts';

const cases: readonly (readonly [
  string,
  Readonly<Record<string, string>>,
  Readonly<Record<string, readonly string[]>>,
])[] = [
  ['a complete config', { topics: 'a', 'target.topic': '${topic}.ROWS' }, {}],
  [
    'no topics',
    { 'target.topic': 'x' },
    {
      topics: ['Must configure one of topics or topics.regex'],
      'topics.regex': ['Must configure one of topics or topics.regex'],
    },
  ],
  [
    'both kinds of topics',
    { topics: 'a', 'topics.regex': 'b.*', 'target.topic': 'x' },
    {
      topics: ['topics and topics.regex are mutually exclusive options, but both are set.'],
      'topics.regex': ['topics and topics.regex are mutually exclusive options, but both are set.'],
    },
  ],
  [
    'no target',
    { topics: 'a' },
    { 'target.topic': ['Rows would go back to the topic they came from. Name a target, e.g. "${topic}.ROWS".'] },
  ],
  [
    'a target that is read',
    { 'topics.regex': 'a.*', 'target.topic': 'a.rows' },
    { 'target.topic': ['"a.rows" is read by this connector. Name another topic.'] },
  ],
  [
    'a target expression without replacement',
    { topics: 'a', 'target.topic.regex': '(.*)' },
    { 'target.topic.replacement': ['target.topic.regex is given: say what the topic becomes.'] },
  ],
];
for (const [name, config, errors] of cases) {
  test(`settings are checked together: ${name}`, () => {
    assert.deepEqual(crossChecks(config), errors);
  });
}
