// Attributes of connectors and tasks that are texts (state, classes, versions): 1 with the text as a label.

import { withLabel } from '../../core/metrics.ts';
import type { Family } from './connect-metrics-family.ts';

/** What has such attributes. */
interface Described {
  readonly labels: string;
  readonly state: string | null;
  readonly facts: Readonly<Record<string, string>>;
}

/** The families of one group, as a metric a text and in the exporters' short form; made anew only when something has changed. */
export class TextFamilies {
  readonly #group: string;
  #of: readonly Described[] = [];
  #families: readonly Family[] = [];

  constructor(group: string) {
    this.#group = group;
  }

  of(described: readonly Described[]): readonly Family[] {
    const before = this.#of;
    this.#of = described;
    if (before.length !== described.length || !described.every((one, i) => isSame(one, before[i]!))) {
      this.#families = familiesOf(this.#group, described);
    }
    return this.#families;
  }
}

/** Labels and facts are made once for a config, so they are compared as objects. */
function isSame(left: Described, right: Described): boolean {
  return left.state === right.state && left.facts === right.facts && left.labels === right.labels;
}

function familiesOf(group: string, described: readonly Described[]): readonly Family[] {
  const entities = described.map(({ labels, state, facts }) => ({
    labels,
    facts: { status: (state ?? '').toLowerCase(), ...facts } as Readonly<Record<string, string>>,
  }));
  const attributes = [...new Set(entities.flatMap(({ facts }) => Object.keys(facts)))];
  const short: string[] = [];
  const families = attributes.map((attribute): Family => {
    const own: string[] = [];
    const label = attribute.replaceAll('-', '_');
    for (const { labels, facts } of entities) {
      const text = facts[attribute];
      if (text === undefined) continue;
      const labelled = withLabel(labels, label, text);
      own.push(labelled);
      if (group === 'connector' || attribute === 'status') short.push(labelled);
    }
    return { group, attribute, help: `1; the ${attribute} is a label.`, labels: own, value: isSo };
  });
  if (short.length === 0) return families;
  const help = 'Text attributes, one a series.';
  return [{ group, attribute: '', help, labels: short, value: isSo }, ...families];
}

const isSo = (): number => 1;
