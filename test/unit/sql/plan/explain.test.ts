// Golden plans: test/golden/<name>.txt holds the text of each. With GOLDEN_ACCEPT=1 the files are written anew: review the diff.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { planText } from '../../../../src/sql/plan/explain.ts';
import { PlanWorld } from '../../../support/plan-world.ts';

const SOURCES = [
  "CREATE STREAM submits (op STRING, after STRUCT<user_id BIGINT, event_id BIGINT, created_at STRING>, filler STRING) WITH (kafka_topic='submits', value_format='JSON');",
  "CREATE TABLE names (id BIGINT PRIMARY KEY, name STRING, other STRING) WITH (kafka_topic='names', value_format='JSON');",
  "CREATE STREAM clicks (user_id BIGINT KEY, page STRING, tags ARRAY<STRING>) WITH (kafka_topic='clicks', value_format='JSON');",
];

const PLANS: readonly (readonly [name: string, partitions: number, sql: string])[] = [
  [
    'join-filters-below',
    1,
    "CREATE STREAM joined AS SELECT s.after->user_id AS user_id, n.name AS name FROM submits s LEFT JOIN names n ON s.after->event_id = n.id WHERE (s.op = 'r' OR s.op = 'c') AND n.id IS NOT NULL PARTITION BY s.after->user_id;",
  ],
  [
    'join-repartitions-through-topic',
    4,
    "CREATE STREAM joined AS SELECT n.id AS event_id, n.name AS name FROM submits s JOIN names n ON s.after->event_id = n.id WHERE s.op = 'c';",
  ],
  [
    'partition-by-needs-no-topic',
    4,
    "CREATE STREAM flat AS SELECT after->user_id AS user_id, op FROM submits WHERE op = 'c' PARTITION BY after->user_id;",
  ],
  [
    'changes-repartition-through-topic',
    4,
    "CREATE STREAM changed WITH (CHANGES_KEY='USER_ID') AS SELECT after->user_id AS user_id, op FROM submits PARTITION BY after->user_id;",
  ],
  [
    'windowed-count',
    1,
    'CREATE TABLE counts AS SELECT page, COUNT(*) AS n, WINDOWSTART AS since FROM clicks WINDOW HOPPING (SIZE 1 MINUTE, ADVANCE BY 10 SECONDS, GRACE PERIOD 5 SECONDS) GROUP BY page HAVING COUNT(*) > 1;',
  ],
  ['exploded-tags', 1, 'CREATE STREAM tags AS SELECT user_id, EXPLODE(tags) AS tag FROM clicks;'],
  [
    'only-changes',
    1,
    "CREATE STREAM changed WITH (CHANGES_KEY='USER_ID', CHANGES_QUIET_MS='5000') AS SELECT user_id, page FROM clicks;",
  ],
];

for (const [name, partitions, sql] of PLANS) {
  test(`the plan of ${name} is as accepted`, () => {
    const world = new PlanWorld(partitions);
    for (const source of SOURCES) world.execute(source);
    const path = new URL(`../../../golden/${name}.txt`, import.meta.url);

    const text = `${sql}\n\n${planText(world.query(sql).plan)}\n`;

    if (process.env['GOLDEN_ACCEPT'] === '1') writeFileSync(path, text);
    assert.equal(text, readFileSync(path, 'utf8'));
  });
}
