import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseStatement } from '../../../../src/sql/syntax/parse.ts';
import { printStatement } from '../../../../src/sql/syntax/print-statement.ts';

function printed(text: string): string {
  const first = printStatement(parseStatement(text))!;
  assert.equal(printStatement(parseStatement(first)), first, 'what is printed must read the same');
  return first;
}

test('a query has one item a line and clauses on lines of their own', () => {
  const text =
    'create stream o as select a, count(*) as n from x window tumbling (size 60 seconds) where a > 1 group by a emit changes;';

  assert.equal(
    printed(text),
    [
      'CREATE STREAM O AS SELECT',
      '  A,',
      '  COUNT(*) N',
      'FROM X X',
      'WINDOW TUMBLING (SIZE 1 MINUTES)',
      'WHERE (A > 1)',
      'GROUP BY A',
      'EMIT CHANGES;',
    ].join('\n'),
  );
});

test('joins, lists and quoted names are kept', () => {
  const text =
    'SELECT l.*, `r`.b->* FROM a l LEFT JOIN `b` `r` WITHIN (1 HOUR, 0 SECONDS) GRACE PERIOD 1 DAY ON l.k = `r`.k PARTITION BY l.x, l.y;';

  assert.equal(
    printed(text),
    [
      'SELECT',
      '  L.*,',
      '  `r`.B->*',
      'FROM A L',
      'LEFT OUTER JOIN `b` `r` WITHIN (1 HOURS, 0 MILLISECONDS) GRACE PERIOD 1 DAYS ON (L.K = `r`.K)',
      'PARTITION BY (L.X, L.Y);',
    ].join('\n'),
  );
});

test('declarations print their types and roles', () => {
  const text =
    "create source table if not exists t (k int primary key, v struct<a varchar(3), b int array>, h bytes header('x')) with (kafka_topic='t', partitions=2);";

  assert.equal(
    printed(text),
    "CREATE SOURCE TABLE IF NOT EXISTS T (K INTEGER PRIMARY KEY, V STRUCT<A STRING, B ARRAY<INTEGER>>, H BYTES HEADER('x')) WITH (KAFKA_TOPIC='t', PARTITIONS=2);",
  );
});
