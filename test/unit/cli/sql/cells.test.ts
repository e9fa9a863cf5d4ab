import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellText, columnNames, RowGrid } from '../../../../src/cli/sql/cells.ts';
import { exactJson } from '../../../../src/cli/sql/client.ts';

test('rows stand in fixed columns that fold, wide characters counted as two', () => {
  const grid = new RowGrid(2, 28);

  assert.equal(
    grid.header(['ID', 'NAME']) + grid.row(['1', 'a rather lon' + 'g value']) + grid.row(['2', '신규 가입']),
    '+------------+------------+\n' +
      '|ID          |NAME        |\n' +
      '+------------+------------+\n' +
      '|1           |a rather lon|\n' +
      '|            |g value     |\n' +
      '|2           |신규 가입   |\n',
  );
});

test('structs, lists and large numbers are shown as they are', () => {
  const value = exactJson('{"A":9007199254740993,"B":[1,null,"x"],"C":10.50}');

  assert.equal(cellText(value), '{A=9007199254740993, B=[1, null, x], C=10.50}');
});

test('names are cut from a schema text, whatever stands in types and quotes', () => {
  const schema = '`ID` BIGINT KEY, `A,B` STRUCT<`F1` STRING, `F2` DECIMAL(4, 2)>, `Q``X` MAP<STRING, DOUBLE>';

  assert.deepEqual(columnNames(schema), ['ID', 'A,B', 'Q`X']);
});
