// `trib eval`: one JSON request a line in, one JSON response a line out. The contract stands in docs/reference/eval.md.
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { evaluateLine } from '../../engine/eval/evaluate.ts';
import { builtInFunctions } from '../../sql/functions/index.ts';

export const EVAL_USAGE = `trib eval   requests on standard input, one JSON object a line; each is answered on one line

A request holds statements, topics and input records; the answer what the statements make of them. No worker is needed.
  {"id":1,"statements":["create stream s (a int) with (kafka_topic='t', value_format='json');",
   "select a + 1 as b from s emit changes;"],"topics":[{"name":"t","partitions":1}],
   "inputs":[{"topic":"t","value":{"A":1}}]}   (on one line)`;

/** Reads requests until the input ends. Nothing but responses is written to `output`. */
export async function evalCommand(input: Readable, output: Writable, nowMs: () => number): Promise<void> {
  const options = { functions: builtInFunctions(), nowMs };
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    if (line.trim() === '') continue;
    const response = await evaluateLine(line, options);
    if (!output.write(`${response}\n`)) await new Promise<void>((resolve) => output.once('drain', resolve));
  }
}
