// A transform, a sink and a source, written against the public API.
import { ConnectRecord, TributaryError } from 'tributary/connect';

/** @type {import('tributary/connect').TransformDef} */
const maskEmail = {
  kind: 'transform',
  name: 'MaskEmail',
  classes: ['example.MaskEmail'],
  version: '1.0.0',
  doc: 'Hides what stands before the @ of addresses in a text value.',
  config: [{ name: 'mask', type: 'STRING', fallback: '***', importance: 'LOW', doc: 'What stands in its place.' }],
  create: (config) => (record) => {
    if (typeof record.value !== 'string') return record;
    return record.withValue(record.valueSchema, record.value.replace(/[^\s@"]+@/g, `${config.mask}@`));
  },
};

class HttpPostTask {
  async start(config, _raw, context) {
    this.url = config['http.url'];
    this.context = context;
  }

  async put(batch) {
    if (batch.length === 0) return;
    const answer = await this.context.http.send({
      method: 'POST',
      url: this.url,
      headers: { 'content-type': 'application/x-ndjson' },
      body: batch.map((record) => `${record.value}\n`).join(''),
      timeoutMs: 10_000,
      signal: this.context.signal,
    });
    if (answer.status < 300) return this.context.count('events_accepted', batch.length);
    // "transient" has the same batch handed over again after a pause; "fatal" would fail the task.
    throw new TributaryError('EXAMPLE_HTTP', answer.status >= 500 ? 'transient' : 'fatal', {
      what: `The server answered ${answer.status}.`,
      where: this.url,
    });
  }

  // Whatever was handed over is delivered when `put` has returned.
  async preCommit(handed) {
    return handed;
  }

  async stop() {}
}

class HttpPostConnector {
  async start(_config, raw) {
    this.raw = raw;
  }

  taskConfigs(maxTasks) {
    return Array.from({ length: maxTasks }, () => this.raw);
  }

  task() {
    return new HttpPostTask();
  }

  async stop() {}
}

/** @type {import('tributary/connect').ConnectorDef} */
const httpPost = {
  kind: 'sink',
  name: 'HttpPostSink',
  classes: ['example.HttpPostSink'],
  version: '1.0.0',
  doc: 'Posts the values of each batch as lines.',
  config: [{ name: 'http.url', type: 'STRING', importance: 'HIGH', doc: 'Where to post to.' }],
  create: () => new HttpPostConnector(),
};

class TickTask {
  async start(config, _raw, context) {
    this.topic = config.topic;
    this.pauseMs = config['pause.ms'];
    this.context = context;
    // Where the last run ended; null at the very first start.
    const stored = await context.offset({ clock: 'ticks' });
    this.next = stored === null ? 0 : Number(stored.next);
  }

  // Waits a while for records; null: none now. Thrown "transient" errors have it called again.
  async poll() {
    await this.context.clock.sleep(this.pauseMs, this.context.signal);
    this.next++;
    return [
      new ConnectRecord({
        topic: this.topic,
        value: `tick ${this.next}`,
        sourcePartition: { clock: 'ticks' },
        sourceOffset: { next: this.next },
      }),
    ];
  }

  async stop() {}
}

class TickConnector {
  async start(_config, raw) {
    this.raw = raw;
  }

  taskConfigs() {
    return [this.raw];
  }

  task() {
    return new TickTask();
  }

  async stop() {}
}

/** @type {import('tributary/connect').ConnectorDef} */
const ticks = {
  kind: 'source',
  name: 'TickSource',
  classes: ['example.TickSource'],
  version: '1.0.0',
  doc: 'Writes a numbered line now and then.',
  config: [
    { name: 'topic', type: 'STRING', importance: 'HIGH', doc: 'Where to write to.' },
    { name: 'pause.ms', type: 'LONG', fallback: 1000, importance: 'LOW', doc: 'Time between two lines.' },
  ],
  create: () => new TickConnector(),
};

export const plugins = [maskEmail, httpPost, ticks];
