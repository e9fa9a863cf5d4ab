// Pieces of Markdown that the generated pages share.
import type { ConfigDef, Setting } from '../../src/core/config/define.ts';
import { settingText } from '../../src/core/config/parse.ts';

/** The first lines of a generated page. */
export function page(title: string, lead: string, parts: readonly string[]): string {
  const note = '<!-- Written by `npm run docs` from the definitions in the code: change it there. -->';
  return `${[`# ${title}`, note, lead, ...parts].join('\n\n')}\n`;
}

/** A table; cells may hold any text. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${' --- |'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** Text in backticks. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** The settings of a definition as a table, in its order. */
export function settingsTable(config: ConfigDef): string {
  if (config.length === 0) return 'No settings.';
  return table(
    ['setting', 'type', 'default', ''],
    config.map((setting) => [code(setting.name), setting.type, fallbackOf(setting), docOf(setting)]),
  );
}

function fallbackOf(setting: Setting): string {
  if (setting.fallback === undefined) return '*required*';
  const text = settingText(setting.fallback);
  return text === null || text === '' ? '' : code(text);
}

function docOf({ doc, choices }: Setting): string {
  return choices === undefined ? doc : `${doc} One of ${choices.map(code).join(', ')}.`;
}
