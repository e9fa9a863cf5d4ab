// A transform and a sink, written against the public API.
import { TributaryError } from 'tributary/connect';

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

export const plugins = [maskEmail, httpPost];
