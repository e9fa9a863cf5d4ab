// What Debezium's two scripting transforms share: their settings, which records they look at, and what a record without value
// means to them.
import type { ConnectRecord } from '../../../connect/records.ts';
import { validRegex } from '../../../core/config/checks.ts';
import type { ParsedConfig, Setting, SettingValue } from '../../../core/config/define.ts';
import { compileFullMatch } from '../../../core/java/regex.ts';
import { LOW, required } from '../setting-checks.ts';
import type { ScriptEngine } from './engine.ts';
import { type RecordExpression, recordExpression } from './expression.ts';

const JAVASCRIPT = new Set(['graal.js', 'js', 'javascript', 'ecmascript', 'nashorn', 'quickjs']);

/** Settings of both; `expression` is the setting of the expression itself. */
export function scriptSettings(expression: Pick<Setting, 'name' | 'displayName' | 'doc'>): readonly Setting[] {
  return [
    {
      ...LOW,
      name: 'topic.regex',
      type: 'STRING',
      fallback: null,
      width: 'LONG',
      displayName: 'Topic regex',
      doc: 'Only records of topics whose whole name matches are evaluated; the others pass. Default: all.',
      check: (value, name) => (value === null ? null : validRegex(value, name)),
    },
    {
      name: 'language',
      type: 'STRING',
      fallback: null,
      importance: 'HIGH',
      order: 1,
      width: 'MEDIUM',
      displayName: 'Expression language',
      doc: 'jsr223.graal.js (or js, javascript): the expression is JavaScript, evaluated in a sandbox. Groovy is not offered.',
      check: checkLanguage,
    },
    {
      ...expression,
      type: 'STRING',
      fallback: null,
      importance: 'HIGH',
      order: 1,
      width: 'MEDIUM',
      check: required,
    },
    {
      ...LOW,
      name: 'null.handling.mode',
      type: 'STRING',
      fallback: 'keep',
      importance: 'MEDIUM',
      width: 'MEDIUM',
      displayName: 'Handle null records',
      doc: 'What becomes of a record without value (a tombstone). keep (default): it passes. drop: it is dropped. evaluate: the expression decides.',
      choices: ['drop', 'keep', 'evaluate'],
    },
  ];
}

function checkLanguage(value: SettingValue): string | null {
  const missing = required(value);
  if (missing !== null) return missing;
  const language = String(value)
    .replace(/^jsr223\./, '')
    .toLowerCase();
  if (JAVASCRIPT.has(language)) return null;
  if (language !== 'groovy') return 'Expressions are JavaScript here. Use: jsr223.graal.js';
  return (
    'Groovy is not offered: expressions are JavaScript here. Set jsr223.graal.js and write the condition in JavaScript; ' +
    "comparisons stay as they are (value.op == 'u' && value.before.id == 2), value.after?.id is the safe access, " +
    'header.name.value a header, /^a/.test(topic) replaces topic ==~ /a.*/'
  );
}

/** What a record means to the transform: to be evaluated, passed on as it is, or dropped. */
export type Verdict = 'evaluate' | 'pass' | 'drop';

/** The compiled settings. Throws `config` for an expression that cannot be one. */
export function script(
  engine: ScriptEngine,
  config: ParsedConfig,
  setting: string,
): { readonly evaluate: RecordExpression; verdict(record: ConnectRecord): Verdict } {
  const regex = config['topic.regex'] as string | null;
  const concerns = regex === null ? null : compileFullMatch(regex);
  const onNull: Verdict = { drop: 'drop', keep: 'pass', evaluate: 'evaluate' }[
    config['null.handling.mode'] as 'drop' | 'keep' | 'evaluate'
  ] as Verdict;
  return {
    evaluate: recordExpression(engine, setting, config[setting] as string),
    verdict: (record) => {
      if (concerns !== null && !concerns.test(record.topic)) return 'pass';
      return record.value === null ? onNull : 'evaluate';
    },
  };
}
