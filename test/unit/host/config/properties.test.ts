import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseProperties } from '../../../../src/host/config/properties.ts';

test('names and values are split as Java splits them', () => {
  const text = [
    '# a comment',
    '! another',
    'plain=value',
    'colon: value ',
    'blank value with blanks',
    'spaced   =   x=y',
    'long=one, \\',
    '     two',
    'escaped\\ name=tab\\there \\u00e9 back\\\\slash',
    'empty=',
    'alone',
  ].join('\n');

  assert.deepEqual(parseProperties(text), {
    plain: 'value',
    colon: 'value ',
    blank: 'value with blanks',
    spaced: 'x=y',
    long: 'one, two',
    'escaped name': 'tab\there é back\\slash',
    empty: '',
    alone: '',
  });
});
