// The page of SQL functions.

import { patternText } from '../../src/sql/functions/functions.ts';
import { builtInFunctions } from '../../src/sql/functions/index.ts';
import type { Parameter, Pattern, SqlFunction } from '../../src/sql/functions/registry.ts';
import { code, page, table } from './markdown.ts';

/** Page by file name. */
export function functionsPage(): ReadonlyMap<string, string> {
  const all = builtInFunctions().all();
  const families = new Map<string, SqlFunction[]>();
  for (const entry of all) {
    const title = titleOf(entry);
    families.set(title, [...(families.get(title) ?? []), entry]);
  }
  const sections = [...families].sort(([left], [right]) => (left < right ? -1 : 1));
  const index = sections.map(([title, entries]) => [title, entries.map(({ name }) => code(name)).join(' ')]);
  return new Map([
    [
      'functions.md',
      page(
        'SQL functions',
        `${all.length} functions, named and behaving as ksqlDB's. The examples are run as tests. \`T\`, \`K\`, \`V\` stand for any type, the same one throughout a call; \`…\` for arguments that may repeat.`,
        [table(['family', 'functions'], index), ...sections.map(([title, entries]) => familySection(title, entries))],
      ),
    ],
  ]);
}

function titleOf({ kind, category }: SqlFunction): string {
  return kind === 'scalar' ? category : kind === 'aggregate' ? 'AGGREGATE' : 'TABLE';
}

function familySection(title: string, entries: readonly SqlFunction[]): string {
  return [`## ${title}`, ...entries.map(functionSection)].join('\n\n');
}

function functionSection(entry: SqlFunction): string {
  const aliases = entry.aliases ?? [];
  const examples = entry.examples.map(([expression, result]) => `${expression}  →  ${result}`);
  return [
    `### ${entry.name}`,
    `${entry.doc}${aliases.length === 0 ? '' : ` Also called ${aliases.map(code).join(', ')}.`}`,
    `\`\`\`\n${entry.variants.map((variant) => signature(entry.name, variant)).join('\n')}\n\`\`\``,
    `Nulls: ${entry.nulls}${entry.kind === 'aggregate' && !entry.undoable ? ' Not for tables: it cannot take rows back.' : ''}`,
    ...(examples.length === 0 ? [] : [`\`\`\`sql\n${examples.join('\n')}\n\`\`\``]),
  ].join('\n\n');
}

interface Variant {
  readonly params: readonly Parameter[];
  readonly variadic?: number;
  readonly returns: Pattern | ((...args: never[]) => unknown);
}

function signature(name: string, { params, variadic, returns }: Variant): string {
  const parts = params.map(
    (parameter, index) =>
      `${parameter.name} ${patternText(parameter.type)}${parameter.literal === true ? ' literal' : ''}${index === variadic ? '…' : ''}`,
  );
  const gives = typeof returns === 'function' ? 'as the arguments say' : patternText(returns);
  return `${name}(${parts.join(', ')}) → ${gives}`;
}
