// Pages of connectors, transforms, predicates and converters.

import { writeRecord } from '../../src/cli/connect-notation.ts';
import type { ConnectRecord, PluginDef, TransformDef, TransformExample } from '../../src/connect/index.ts';
import { code, page, settingsTable } from './markdown.ts';
import { chainSettings } from './shared-settings.ts';

type Kinds = PluginDef['kind'];

/** Page by file name. */
export function pluginPages(plugins: readonly PluginDef[]): ReadonlyMap<string, string> {
  const of = (...kinds: readonly Kinds[]) =>
    plugins
      .filter(({ kind }) => kinds.includes(kind))
      .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  return new Map([
    [
      'connectors.md',
      page(
        'Connectors',
        'A connector is named by `connector.class`: one of its classes, or its short name. Its own settings stand below; those that every connector has come last.',
        [...of('source', 'sink', 'processor').map(section), ...chainSettings()],
      ),
    ],
    [
      'transforms.md',
      page(
        'Transforms',
        'Single message transforms: `transforms=a,b`, `transforms.a.type=<class>`, `transforms.a.<setting>=…`. Classes that end in `$Key` work on the key, those in `$Value` on the value. The examples are run as tests.',
        of('transform').map(section),
      ),
    ],
    [
      'predicates.md',
      page(
        'Predicates',
        'Conditions for transforms: `predicates=p`, `predicates.p.type=<class>`, then `transforms.a.predicate=p` and, to turn it round, `transforms.a.negate=true`.',
        of('predicate').map(section),
      ),
    ],
    [
      'converters.md',
      page(
        'Converters',
        'Between bytes on topics and data: `key.converter`, `value.converter`, `header.converter`, with settings under the same prefix (`value.converter.schemas.enable=false`).',
        [...unique(of('converter', 'header-converter')).map(section)],
      ),
    ],
  ]);
}

/** Converters that serve headers too are listed once. */
function unique(defs: readonly PluginDef[]): readonly PluginDef[] {
  const seen = new Set<string>();
  return defs.filter(({ classes }) => {
    const key = classes.join();
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function section(def: PluginDef): string {
  const examples = def.kind === 'transform' ? (def.examples ?? []).map((example) => shown(def, example)) : [];
  const kind = ['source', 'sink', 'processor'].includes(def.kind) ? ` (${def.kind})` : '';
  return [
    `## ${def.name}${kind}`,
    def.doc,
    `Class: ${def.classes.map(code).join(', ')}`,
    settingsTable(def.config),
    ...examples,
  ].join('\n\n');
}

function shown(def: TransformDef, example: TransformExample): string {
  const className = def.classes.at(-1)!;
  const settings = Object.entries({ type: className, ...example.config }).map(([name, value]) => `${name}=${value}`);
  const given = JSON.stringify(brief(example.given));
  const gives = example.gives === null ? 'dropped' : JSON.stringify(brief(example.gives));
  return `Example:\n\n\`\`\`\n${[...settings, '', given, '→', gives].join('\n')}\n\`\`\``;
}

interface Notation {
  readonly topic: string;
  readonly partition: number | null;
  readonly timestamp: number | null;
  readonly key: { readonly payload: unknown };
  readonly value: { readonly payload: unknown };
  readonly headers: readonly unknown[];
}

/** The record's notation without what is empty or the same in all examples, and without schemas. */
function brief(record: ConnectRecord): object {
  const { topic, partition, timestamp, key, value, headers } = writeRecord(record) as unknown as Notation;
  const bare = (pair: Notation['key']) => pair.payload;
  return {
    topic,
    ...(partition === null ? {} : { partition }),
    ...(timestamp === null ? {} : { timestamp }),
    ...(bare(key) === null ? {} : { key: bare(key) }),
    value: bare(value),
    ...(headers.length === 0 ? {} : { headers }),
  };
}
