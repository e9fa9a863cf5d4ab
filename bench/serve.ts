// Runs W1, W2 or W3 for the latency probe until its standard input closes: see README.md in this folder.
import { once } from 'node:events';
import { probeFrom } from './contract.ts';
import { openProduct } from './product.ts';
import { openEngine, prepare, startMeasured } from './sql-workloads.ts';

const run = probeFrom(process.env);
const product = await openProduct(run, (broker) => broker, []);
const engine = await openEngine(product.environment, run);
await prepare(engine, run);
await startMeasured(engine, run);
while (engine.runs.all().some(({ state }) => state !== 'RUNNING')) await product.environment.clock.sleep(20);
process.stdout.write(`${JSON.stringify({ ready: true, out: `${run.prefix}out` })}\n`);
process.stdin.resume();
await once(process.stdin, 'close');
const { broker } = product.environment;
const topics = (await broker.listTopics()).filter(({ name }) => name.startsWith(run.prefix)).map(({ name }) => name);
await engine.execute('TERMINATE ALL;');
await engine.close();
await broker.deleteTopics(topics);
await product.close();
process.exit(0);
