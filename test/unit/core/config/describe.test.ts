import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConfigDef } from '../../../../src/core/config/define.ts';
import { describe, describeReport } from '../../../../src/core/config/describe.ts';
import { parseConfig } from '../../../../src/core/config/parse.ts';

const DEF: ConfigDef = [
  {
    name: 'fields',
    type: 'LIST',
    fallback: ['a', 'b'],
    importance: 'HIGH',
    doc: 'Fields.',
    group: 'G',
    order: 2,
    width: 'LONG',
    displayName: 'Fields',
    dependents: ['other'],
  },
  { name: 'other', type: 'STRING', importance: 'LOW', doc: 'Other.' },
];

test('a definition is shown in the shape of Connect', () => {
  assert.deepEqual(describe(DEF), [
    {
      name: 'fields',
      type: 'LIST',
      required: false,
      default_value: 'a,b',
      importance: 'HIGH',
      documentation: 'Fields.',
      group: 'G',
      width: 'LONG',
      display_name: 'Fields',
      dependents: ['other'],
      order: 2,
    },
    {
      name: 'other',
      type: 'STRING',
      required: true,
      default_value: null,
      importance: 'LOW',
      documentation: 'Other.',
      group: null,
      width: 'NONE',
      display_name: 'other',
      dependents: [],
      order: -1,
    },
  ]);
});

test('a report carries the prefix of the plugin it belongs to, but the display name does not', () => {
  const { reports } = parseConfig(DEF, { other: 'x' });

  const info = describeReport(reports[1]!, { prefix: 'value.converter.', group: 'Converters' });

  assert.deepEqual(
    [info.definition?.name, info.definition?.display_name, info.definition?.group, info.value],
    [
      'value.converter.other',
      'other',
      'Converters',
      { name: 'value.converter.other', value: 'x', recommended_values: [], errors: [], visible: true },
    ],
  );
});
