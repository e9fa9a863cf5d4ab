// Settings that do not do what their names promise: options that newer versions have replaced, and those that another one outweighs.
import type { RawConfig } from '../../core/config/define.ts';
import { parseSetting } from '../../core/config/parse.ts';

const MODE = 'delete.tombstone.handling.mode';
const OLD_MODES = /^(.*\.)(?:drop\.tombstones|delete\.handling\.mode)$/;

/** The sentence on an option of older Debezium versions; null when the setting is none. `isKnown`: names that are read. */
export function replacedAdvice(name: string, raw: RawConfig, isKnown: ReadonlySet<string>): string | null {
  const prefix = OLD_MODES.exec(name)?.[1];
  if (prefix === undefined || !isKnown.has(prefix + MODE)) return null;
  const text = `The setting "${name}" is of an older version and has no effect: "${prefix}${MODE}" has replaced it.`;
  if (raw[prefix + MODE] !== undefined) return text;
  return `${text} To go on as before, set it to "${formerMode(prefix, raw)}".`;
}

/** What the two former options meant together. */
function formerMode(prefix: string, raw: RawConfig): string {
  const drops = parseSetting('BOOLEAN', raw[`${prefix}drop.tombstones`] ?? 'true') !== false;
  switch (raw[`${prefix}delete.handling.mode`]?.trim() ?? 'drop') {
    case 'rewrite':
      return drops ? 'rewrite' : 'rewrite-with-tombstone';
    case 'none':
      // With the tombstones kept there were two records without a value for each delete; one is nearest to that.
      return 'delete-to-tombstone';
    default:
      return drops ? 'drop' : 'tombstone';
  }
}

const CHOSEN = /^((?:key|value)\.converter\.)(use\.latest\.version|use\.schema\.id)$/;

/** Converters that are told which schema to write with, and register each record's own all the same, as Confluent's do. */
export function outweighedAdvice(raw: RawConfig, isKnown: ReadonlySet<string>): readonly string[] {
  return Object.entries(raw).flatMap(([name, value]) => {
    const [, prefix, choice] = CHOSEN.exec(name) ?? [];
    if (prefix === undefined || !isKnown.has(name)) return [];
    const register = `${prefix}auto.register.schemas`;
    const isChosen = choice === 'use.schema.id' ? Number(value) >= 0 : parsed(value) === true;
    if (!isChosen || parsed(raw[register] ?? 'true') === false) return [];
    return [
      `"${name}" has no effect while "${register}" is true: records are written with a schema of their own, which is registered. Set "${register}" to "false".`,
    ];
  });
}

/** What is no boolean is told by validation itself. */
function parsed(value: string | null | undefined): unknown {
  return parseSetting('BOOLEAN', value ?? '');
}
