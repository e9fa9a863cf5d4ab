// Counters and gauges, kept as plain numbers and read only when somebody asks.
//
// Law: counters are added per batch, never per record, and never go down within a process.

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
  readonly kind: 'counter' | 'gauge';
  read(): number;
}

/** All metrics of a process. */
export class Metrics {
  readonly #entries = new Map<string, Entry>();
  readonly #counters = new Map<string, Counter>();

  /** The counter of that name and labels, made at first use. */
  counter(name: string, labels: Labels = {}): Counter {
    const id = identity(name, labels);
    let counter = this.#counters.get(id);
    if (counter === undefined) {
      counter = new PlainCounter();
      this.#counters.set(id, counter);
      const made = counter;
      this.#entries.set(id, { name, labels, kind: 'counter', read: () => made.value });
    }
    return counter;
  }

  /** A value read when asked for; a later gauge of the same name and labels takes its place. */
  gauge(name: string, labels: Labels, read: () => number): void {
    this.#entries.set(identity(name, labels), { name, labels, kind: 'gauge', read });
  }

  /** Forgets all metrics that carry these labels (a connector was deleted). */
  forget(labels: Labels): void {
    for (const [id, entry] of this.#entries) {
      if (Object.entries(labels).every(([key, value]) => entry.labels[key] === value)) {
        this.#entries.delete(id);
        this.#counters.delete(id);
      }
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
    const byName = new Map<string, Sample[]>();
    for (const sample of this.samples()) {
      const group = byName.get(sample.name);
      if (group === undefined) byName.set(sample.name, [sample]);
      else group.push(sample);
    }
    const lines: string[] = [];
    for (const [name, group] of [...byName].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const kind = group[0]!.kind;
      const full = `trib_${name}${kind === 'counter' ? '_total' : ''}`;
      lines.push(`# TYPE ${full} ${kind}`);
      for (const sample of group) lines.push(`${full}${labelText(sample.labels)} ${sample.value}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

class PlainCounter implements Counter {
  value = 0;
  add(by: number): void {
    this.value += by;
  }
}

function identity(name: string, labels: Labels): string {
  return `${name}${labelText(labels)}`;
}

function labelText(labels: Labels): string {
  const keys = Object.keys(labels).sort();
  if (keys.length === 0) return '';
  return `{${keys.map((key) => `${key}="${escapeLabel(labels[key] ?? '')}"`).join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
