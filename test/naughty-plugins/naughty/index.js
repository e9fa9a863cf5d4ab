// Plugins that do what plugins must not: each in the way that its setting "naughty.way" names, once a record says "now".
import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { TributaryError } from 'tributary/connect';

const never = () => new Promise(() => {});
const kept = [];

const ways = {
  none: () => {},
  throws: () => {
    throw new Error('I do not like this record');
  },
  'throws-text': () => {
    throw 'just a text';
  },
  loops: () => {
    for (;;);
  },
  'loops-later': async () => {
    await null;
    for (;;);
  },
  never,
  leaks: () => {
    for (;;) kept.push({ text: `${kept.length} `.repeat(50) });
  },
  'leaks-buffers': async () => {
    for (;;) {
      kept.push(Buffer.alloc(4 << 20, 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
  exits: () => process.exit(3),
  kills: () => process.kill(process.pid, 'SIGKILL'),
  rejects: () => {
    Promise.reject(new Error('nobody catches this'));
  },
  'throws-later': () => {
    setTimeout(() => {
      throw new Error('thrown from a timer');
    }, 10);
  },
};

/** Writes each value to a file. It misbehaves once only: a file beside that one tells that it has. */
class NaughtyTask {
  async start(config, raw, context) {
    this.config = config;
    this.context = context;
    if (raw['naughty.at'] === 'task.start' && raw['naughty.task'] === String(context.task)) await this.misbehave();
  }

  async put(batch) {
    for (const { value } of batch) {
      if (value === 'down') this.refuse();
      if (value === 'now' && this.config['naughty.at'] === 'put') await this.misbehave();
      appendFileSync(this.config['naughty.file'], `${value}\n`);
    }
  }

  /** The target is down for as long as nobody has made a file that says otherwise. */
  refuse() {
    if (existsSync(`${this.config['naughty.file']}.up`)) return;
    const what = `The target refuses ${this.config['naughty.password'].reveal()}.`;
    throw new TributaryError('TRIB_NAUGHTY_DOWN', 'transient', { what });
  }

  async misbehave() {
    const mark = `${this.config['naughty.file']}.done`;
    if (existsSync(mark)) return;
    writeFileSync(mark, '');
    this.context.log('warn', 'Now for it.', { secret: this.config['naughty.password']?.reveal() });
    await ways[this.config['naughty.way']]();
  }

  async preCommit(handed) {
    return handed;
  }

  async stop() {}
}

class NaughtyConnector {
  async start(config, raw) {
    this.raw = raw;
    if (config['naughty.at'] === 'start') await ways[config['naughty.way']]();
  }

  taskConfigs(maxTasks) {
    return Array.from({ length: maxTasks }, () => this.raw);
  }

  async validate(raw) {
    if (raw['naughty.at'] === 'validate') await ways[raw['naughty.way']]();
    return raw['naughty.file'] === '' ? { 'naughty.file': ['naughty.file must not be empty.'] } : {};
  }

  task() {
    return new NaughtyTask();
  }

  async stop() {}
}

const setting = (name, fallback) => ({ name, type: 'STRING', fallback, importance: 'LOW', doc: 'See above.' });

export const plugins = [
  {
    kind: 'sink',
    name: 'NaughtySink',
    classes: ['naughty.NaughtySink'],
    version: '1.0.0',
    doc: 'Misbehaves.',
    config: [
      setting('naughty.way', 'none'),
      setting('naughty.at', 'put'),
      setting('naughty.task', '0'),
      setting('naughty.file', ''),
      { ...setting('naughty.password', null), type: 'PASSWORD' },
    ],
    create: () => new NaughtyConnector(),
  },
  {
    kind: 'transform',
    name: 'NaughtyTransform',
    classes: ['naughty.NaughtyTransform'],
    version: '1.0.0',
    doc: 'Misbehaves.',
    config: [setting('naughty.way', 'none')],
    create: (config) => (record) => {
      if (record.value === 'now') ways[config['naughty.way']]();
      if (record.value === 'bad') throw new TributaryError('NAUGHTY', 'data', { what: 'It is bad.' });
      return record;
    },
  },
];
