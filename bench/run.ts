// One run of one workload for the bench driver: see README.md in this folder.
import { readFileSync } from 'node:fs';
import { runConnect } from './connect-workloads.ts';
import { type Result, type Run, runFrom } from './contract.ts';
import { runSql } from './sql-workloads.ts';

const WORKLOADS: Readonly<Record<string, (run: Run) => Promise<Result>>> = {
  W4: runConnect,
  W5: runConnect,
  W1: runSql,
  W2: runSql,
  W3: runSql,
};

if (process.env['WORKLOAD'] === undefined) {
  process.stdout.write(readFileSync('bench/README.md', 'utf8'));
  process.exit(0);
}
const run = runFrom(process.env);
const start = WORKLOADS[run.workload];
if (start === undefined)
  throw new Error(`WORKLOAD is "${run.workload}"; use one of ${Object.keys(WORKLOADS).join(', ')}`);
process.stdout.write(`${JSON.stringify({ peer: 'ours', ...(await start(run)) })}\n`);
process.exit(0);
