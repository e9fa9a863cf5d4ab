// The SQL cases of test/cases: each is a request as `trib eval` takes it and what must come of it.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evaluateLine } from '../../../../src/engine/eval/evaluate.ts';
import { builtInFunctions } from '../../../../src/sql/functions/index.ts';

interface Outcome {
  readonly topic: string;
  readonly key: unknown;
  readonly value: unknown;
  readonly timestamp: number;
}
interface Case {
  readonly name: string;
  readonly request: object;
  readonly expect: {
    readonly outputs?: Readonly<Record<string, readonly Omit<Outcome, 'topic'>[]>>;
    readonly responses?: readonly object[];
    readonly error?: object;
    readonly message?: string;
  };
}

const FOLDER = new URL('../../../cases/', import.meta.url);
const FUNCTIONS = builtInFunctions();

async function answer(request: object) {
  const line = await evaluateLine(JSON.stringify({ id: 'case', ...request }), { functions: FUNCTIONS, nowMs: () => 0 });
  return JSON.parse(line);
}

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.json'))) {
  for (const { name, request, expect } of JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Case[]) {
    test(`${file}: ${name}`, async () => {
      const found = await answer(request);

      const outputs = Object.fromEntries(
        Object.keys(expect.outputs ?? {}).map((topic) => [
          topic,
          (found.outputs as Outcome[])
            .filter((record) => record.topic === topic)
            .map(({ key, value, timestamp }) => ({ key, value, timestamp })),
        ]),
      );
      assert.deepEqual(outputs, expect.outputs ?? {}, JSON.stringify(found.error));
      assert.deepEqual(found.responses ?? [], expect.responses ?? []);
      const { code, message, ...error } = found.error ?? {};
      assert.deepEqual(error, expect.error ?? {});
      assert.match(message ?? '', new RegExp(expect.message ?? ''));
    });
  }
}

test('a line that is no request is answered with an error, and the next one is served', async () => {
  const bad = JSON.parse(await evaluateLine('{"id": 1, ', { functions: FUNCTIONS, nowMs: () => 0 }));
  const good = await answer({ statements: [] });

  assert.equal(bad.error.type, 'execution');
  assert.deepEqual(good, { id: 'case', outputs: [], sources: [], topics: [], responses: [] });
});

test('integers beyond 2^53 keep all their digits', async () => {
  const request =
    '{"id":"big","statements":["CREATE STREAM s (k BIGINT KEY, v BIGINT) WITH (kafka_topic=\'s\', format=\'JSON\', partitions=1);","CREATE STREAM o AS SELECT k, v + 1 AS w FROM s;"],"inputs":[{"topic":"s","key":9223372036854775807,"value":{"V":9007199254740993},"timestamp":0}]}';

  const line = await evaluateLine(request, { functions: FUNCTIONS, nowMs: () => 0 });

  assert.match(line, /"key":9223372036854775807,"value":\{"W":9007199254740994\}/);
});
