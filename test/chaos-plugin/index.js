// A source and a sink that leave traces of who ran them: every start of a task is a run with a name of its own. From the traces
// a test can tell whether two runs of one task were ever at work at once.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { ConnectRecord } from 'tributary/connect';

/** Emits 0, 1, 2, … at a steady pace; the source offset is the last number. */
class CountingTask {
  async start(config, raw, context) {
    this.raw = { ...config, 'count.task': raw['count.task'] };
    this.context = context;
    this.run = randomUUID();
    this.source = { task: raw['count.task'] };
    const last = await context.offset(this.source);
    this.next = last === null ? 0 : Number(last.n) + 1;
  }

  async poll() {
    const end = Number(this.raw['count.end']);
    await this.context.clock.sleep(Number(this.raw['count.pause.ms']), this.context.signal);
    if (this.context.signal.aborted || this.next >= end) return null;
    const records = [];
    for (let i = 0; i < Number(this.raw['count.batch']) && this.next < end; i++, this.next++) {
      const n = this.next;
      records.push(
        new ConnectRecord({
          topic: this.raw['count.topic'],
          partition: Number(this.raw['count.task']),
          timestamp: null,
          keySchema: null,
          key: String(n),
          valueSchema: null,
          value: JSON.stringify({
            before: null,
            after: { n, task: this.raw['count.task'], run: this.run, pid: process.pid },
            op: 'c',
            ts_ms: Date.now(),
            source: {},
          }),
          headers: [],
          sourcePartition: this.source,
          sourceOffset: { n },
        }),
      );
    }
    return records;
  }

  async stop() {}
}

class CountingSource {
  async start(_config, raw) {
    this.raw = raw;
  }

  taskConfigs(maxTasks) {
    return Array.from({ length: maxTasks }, (_, task) => ({ ...this.raw, 'count.task': String(task) }));
  }

  task() {
    return new CountingTask();
  }

  async stop() {}
}

/** Appends a line for every record to a file of the process: who wrote what, and when. */
class AuditTask {
  async start(_config, raw, context) {
    this.run = randomUUID();
    this.connector = context.connector;
    this.file = `${raw['audit.folder']}/${process.pid}.ndjson`;
  }

  async put(batch) {
    if (batch.length === 0) return;
    const atMs = Date.now();
    const { connector, run } = this;
    const lines = batch.map(({ origin, value }) => {
      const { topic, partition, offset } = origin;
      return JSON.stringify({ connector, run, topic, partition, offset, n: JSON.parse(value).n, atMs });
    });
    appendFileSync(this.file, `${lines.join('\n')}\n`);
  }

  async preCommit(handed) {
    return handed;
  }

  async stop() {}
}

class AuditSink {
  async start(_config, raw) {
    this.raw = raw;
  }

  taskConfigs(maxTasks) {
    return Array.from({ length: maxTasks }, () => this.raw);
  }

  task() {
    return new AuditTask();
  }

  async stop() {}
}

const setting = (name, fallback, doc) => ({ name, type: 'STRING', fallback, importance: 'MEDIUM', doc });

/** @type {import('tributary/connect').ConnectorDef[]} */
export const plugins = [
  {
    kind: 'source',
    name: 'CountingSource',
    classes: ['chaos.CountingSource'],
    version: '1.0.0',
    doc: 'Emits numbers.',
    config: [
      setting('count.topic', '', 'Where to.'),
      setting('count.end', '1000000', 'How many.'),
      setting('count.batch', '10', 'Records a poll.'),
      setting('count.pause.ms', '100', 'Wait before a poll.'),
    ],
    create: () => new CountingSource(),
  },
  {
    kind: 'sink',
    name: 'AuditSink',
    classes: ['chaos.AuditSink'],
    version: '1.0.0',
    doc: 'Writes down who got what.',
    config: [setting('audit.folder', '.', 'Where to.')],
    create: () => new AuditSink(),
  },
];
