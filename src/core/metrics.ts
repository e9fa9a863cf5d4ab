// Counters and gauges, kept as plain numbers and read only when somebody asks.
//
// Law: counters are added per batch, never per record, and never go down within a process.

import { GroupMeter } from './group-meter.ts';
import { TaskMeter } from './task-meter.ts';

export type Labels = Readonly<Record<string, string>>;

/** A number that only grows. Keep the object: looking it up by name is for set-up, not for hot paths. */
export interface Counter {
  value: number;
  add(by: number): void;
}

/** One reading. */
export interface Sample {
  readonly name: string;
  readonly labels: Labels;
  readonly kind: 'counter' | 'gauge';
  readonly value: number;
}

interface Entry {
  readonly name: string;
  readonly labels: Labels;
  /** The labels as they are printed, computed once: a scrape prints them often. */
  readonly text: string;
  readonly kind: 'counter' | 'gauge';
  read(): number;
}

interface MeterEntry {
  readonly connector: string;
  readonly task: number;
  readonly meter: TaskMeter;
}

/** All metrics of a process. */
export class Metrics {
  readonly #entries = new Map<string, Entry>();
  readonly #counters = new Map<string, Counter>();
  readonly #meters = new Map<string, MeterEntry>();
  /** Fed by whoever holds the worker's place in its group. */
  readonly group = new GroupMeter();

  /** The counter of that name and labels, made at first use. */
  counter(name: string, labels: Labels = {}): Counter {
    const text = labelText(labels);
    const id = `${name}${text}`;
    let counter = this.#counters.get(id);
    if (counter === undefined) {
      counter = new PlainCounter();
      this.#counters.set(id, counter);
      const made = counter;
      this.#entries.set(id, { name, labels, text, kind: 'counter', read: () => made.value });
    }
    return counter;
  }

  /** A value read when asked for; a later gauge of the same name and labels takes its place. */
  gauge(name: string, labels: Labels, read: () => number): void {
    const text = labelText(labels);
    this.#entries.set(`${name}${text}`, { name, labels, text, kind: 'gauge', read });
  }

  /** The figures of a task, made at first use; they go on over its restarts. */
  meter(connector: string, task: number): TaskMeter {
    const id = `${connector}\n${task}`;
    let entry = this.#meters.get(id);
    if (entry === undefined) {
      entry = { connector, task, meter: new TaskMeter() };
      this.#meters.set(id, entry);
    }
    return entry.meter;
  }

  /** On another thread: the task's figures are those that stand in this memory, which the main thread reads. */
  adoptMeter(connector: string, task: number, shared: SharedArrayBuffer): TaskMeter {
    const meter = new TaskMeter(shared);
    this.#meters.set(`${connector}\n${task}`, { connector, task, meter });
    return meter;
  }

  /** Forgets all metrics that carry these labels (a connector was deleted). */
  forget(labels: Labels): void {
    for (const [id, entry] of this.#entries) {
      if (Object.entries(labels).every(([key, value]) => entry.labels[key] === value)) {
        this.#entries.delete(id);
        this.#counters.delete(id);
      }
    }
    const { connector, task } = labels;
    if (connector === undefined) return;
    for (const [id, entry] of this.#meters) {
      if (entry.connector === connector && (task === undefined || task === String(entry.task))) this.#meters.delete(id);
    }
  }

  samples(): readonly Sample[] {
    return [...this.#entries.values()].map(({ name, labels, kind, read }) => ({ name, labels, kind, value: read() }));
  }

  /** Sum over all counters of that name that carry these labels. */
  total(name: string, labels: Labels = {}): number {
    let total = 0;
    for (const entry of this.#entries.values()) {
      if (entry.name !== name) continue;
      if (Object.entries(labels).every(([key, value]) => entry.labels[key] === value)) total += entry.read();
    }
    return total;
  }

  /** The Prometheus text format, names grouped, prefix `trib_`. */
  prometheus(): string {
    const byName = new Map<string, Entry[]>();
    for (const entry of this.#entries.values()) {
      const group = byName.get(entry.name);
      if (group === undefined) byName.set(entry.name, [entry]);
      else group.push(entry);
    }
    const lines: string[] = [];
    for (const [name, group] of [...byName].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const kind = group[0]!.kind;
      const full = `trib_${name}${kind === 'counter' ? '_total' : ''}`;
      lines.push(`# HELP ${full} ${HELP[name] ?? sentence(name)}`, `# TYPE ${full} ${kind}`);
      for (const entry of group) lines.push(`${full}${entry.text} ${entry.read()}`);
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }
}

class PlainCounter implements Counter {
  value = 0;
  add(by: number): void {
    this.value += by;
  }
}

/** Labels as the text format writes them, sorted; empty when there are none. */
export function labelText(labels: Labels): string {
  const keys = Object.keys(labels).sort();
  if (keys.length === 0) return '';
  return `{${keys.map((key) => `${key}="${escapeLabel(labels[key] ?? '')}"`).join(',')}}`;
}

function escapeLabel(value: string): string {
  if (!/[\\"\n]/.test(value)) return value;
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

/** Labels with one more, written behind the others. */
export function withLabel(text: string, name: string, value: string): string {
  return `${text === '' ? '{' : `${text.slice(0, -1)},`}${name}="${escapeLabel(value)}"}`;
}

/** What is not told by the name alone. */
const HELP: Readonly<Record<string, string>> = {
  records_read: 'Records that a task has read: from its topics, or from its source.',
  records_written: 'Records that a task has written to topics and committed.',
  records_failed: 'Records that could not be handled: skipped, sent to dead letters, or the end of their task.',
  records_skipped: 'Records passed over because errors.tolerance is all.',
  connector_starts: 'Starts of connector instances, restarts included.',
  task_failures: 'Times that a task ended with an error.',
  task_restarts: 'Starts of tasks after their first, by what asked for them.',
  events_accepted: 'Objects that the target has taken.',
  events_rejected: 'Objects that the target has refused for good.',
  requests: 'Requests sent to the target.',
  requests_retried: 'Requests sent again after an answer or an error that may pass.',
  consumer_lag_records: 'Records between what a task is done with and the end of its partitions: an upper bound.',
  consumer_lag_seconds: 'Age of the oldest record that a task has not done yet; 0 when there is none.',
};

function sentence(name: string): string {
  const words = name.replaceAll('_', ' ');
  return `${words[0]!.toUpperCase()}${words.slice(1)}.`;
}
