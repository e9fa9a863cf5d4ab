// The text of metrics, kept from scrape to scrape: of hundreds of tasks that have little to do hardly a figure changes.
//
// Law: what is answered is what would be printed anew. A family's text is kept as long as its labels and all its figures are the same.
import type { Family } from './connect-metrics-family.ts';

const NOTHING = Buffer.alloc(0);

interface Kept {
  readonly labels: readonly string[];
  readonly values: Float64Array;
  text: Buffer;
}

export class PrintedFamilies {
  readonly #kept = new Map<string, Kept>();

  /** @param name under which the family is printed; always the same family */
  text(name: string, family: Family): Buffer {
    const { labels } = family;
    let kept = this.#kept.get(name);
    let isSame = kept !== undefined && sameTexts(kept.labels, labels);
    if (kept === undefined || !isSame) {
      kept = { labels, values: new Float64Array(labels.length), text: NOTHING };
      this.#kept.set(name, kept);
    }
    const { values } = kept;
    for (let i = 0; i < labels.length; i++) {
      const value = family.value(i);
      if (value === values[i]) continue;
      values[i] = value;
      isSame = false;
    }
    if (!isSame) kept.text = printed(name, family, values);
    return kept.text;
  }
}

/** As it is sent: megabytes of text would be copied again with each step from here on. */
function printed(name: string, { attribute, help, labels }: Family, values: Float64Array): Buffer {
  const isCounter = attribute.endsWith('-total') || /^(total-|deadletterqueue-)/.test(attribute);
  const parts = [`# HELP ${name} ${help}\n# TYPE ${name} ${isCounter ? 'counter' : 'gauge'}\n`];
  for (let i = 0; i < labels.length; i++) {
    const value = values[i]!;
    parts.push(name, labels[i]!, value === 0 ? ' 0\n' : ` ${value}\n`);
  }
  return Buffer.from(parts.join(''));
}

function sameTexts(left: readonly string[], right: readonly string[]): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}
