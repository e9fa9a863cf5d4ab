// What is not wrong with a config, but is most likely a slip: a setting that nobody reads and whose name is close to one that is
// read, settings of an alias or group that is not listed, and a reference that stays as it is written.
import type { RawConfig } from '../../core/config/define.ts';
import type { ConfigInfo } from '../../core/config/describe.ts';
import { parseSetting } from '../../core/config/parse.ts';
import { nearest } from '../../core/errors.ts';
import type { Providers } from '../secrets/providers.ts';
import { idleClientSettings } from './client-settings.ts';
import { replacedAdvice } from './replaced-settings.ts';

/** Settings that are handed on by prefix: their names are not ours to know. */
const HANDED_ON = /^(?:(?:producer|consumer|admin)\.override|topic\.creation|sql\.properties)\./;
/** One plugin's own settings: a name under such a prefix is meant for it alone. */
const OWN = /^(?:(?:key|value|header)\.converter|(?:transforms|predicates)\.[^.]+)\./;
/** Lists of aliases, and where the settings of one stand. */
const LISTS: readonly (readonly [list: string, prefix: string])[] = [
  ['transforms', 'transforms.'],
  ['predicates', 'predicates.'],
  ['topic.creation.groups', 'topic.creation.'],
];

/** Sentences for the log or an error, without values. `resolved` is the config after its references were looked up. */
export function adviceOn(
  resolved: RawConfig,
  infos: { readonly configs: readonly ConfigInfo[] },
  providers: Providers,
): readonly string[] {
  const known = infos.configs.filter(({ definition }) => definition !== null).map(({ value }) => value.name);
  const isKnown = new Set(known);
  const unset = known.filter((name) => resolved[name] === undefined);
  const advice: string[] = [...unlistedAliases(resolved), ...idleClientSettings(Object.keys(resolved), 'override.')];
  for (const [name, value] of Object.entries(resolved)) {
    if (!isKnown.has(name) && !HANDED_ON.test(name)) {
      const replaced = replacedAdvice(name, resolved, isKnown);
      const near = replaced === null ? nearName(name, unset) : null;
      if (replaced !== null) advice.push(replaced);
      if (near !== null) advice.push(`The setting "${name}" is not known and has no effect. Did you mean "${near}"?`);
    }
    if (value !== null) for (const left of providers.unresolved(value)) advice.push(`${name}: ${left}`);
  }
  return advice;
}

/** The name meant. Settings of a converter, transform or predicate are looked for under the same one only. */
function nearName(name: string, unset: readonly string[]): string | null {
  const prefix = OWN.exec(name)?.[0] ?? null;
  if (prefix === null) return nearest(name, unset);
  // The part behind the prefix decides: the prefix alone would make any two of them alike.
  const own = unset.filter((known) => known.startsWith(prefix)).map((known) => known.slice(prefix.length));
  const rest = name.slice(prefix.length);
  const near = nearest(rest, own) ?? longer(rest, own);
  return near === null ? null : prefix + near;
}

/** The only known name that has all words of this one and more, as names do that were made clearer later. */
function longer(name: string, known: readonly string[]): string | null {
  const words = name.split('.');
  if (words.length < 2) return null;
  const holding = known.filter((one) => words.every((word) => one.split('.').includes(word)));
  return holding.length === 1 ? holding[0]! : null;
}

function unlistedAliases(raw: RawConfig): readonly string[] {
  const advice: string[] = [];
  for (const [list, prefix] of LISTS) {
    const listed = new Set([...(parseSetting('LIST', raw[list] ?? '') as readonly string[]), 'groups', 'default']);
    const strange = new Set<string>();
    for (const name of Object.keys(raw)) {
      if (!name.startsWith(prefix)) continue;
      const rest = name.slice(prefix.length);
      const dot = rest.indexOf('.');
      if (dot > 0 && ![...listed].some((alias) => rest.startsWith(`${alias}.`))) strange.add(rest.slice(0, dot));
    }
    for (const alias of strange)
      advice.push(`"${list}" does not name "${alias}": the settings ${prefix}${alias}.* have no effect.`);
  }
  return advice;
}

/** Transforms that name a predicate which is not there. The reference validates them and fails in the task; so does creation here. */
export function predicateAdvice(raw: RawConfig): readonly string[] {
  const predicates = parseSetting('LIST', raw['predicates'] ?? '') as readonly string[];
  const advice: string[] = [];
  for (const alias of new Set(parseSetting('LIST', raw['transforms'] ?? '') as readonly string[])) {
    const predicate = raw[`transforms.${alias}.predicate`]?.trim();
    if (predicate === undefined || predicate === '' || predicates.includes(predicate)) continue;
    const near = nearest(predicate, predicates);
    advice.push(
      `transforms.${alias}.predicate: no predicate of the alias "${predicate}" stands in "predicates"; the connector cannot be created so.${near === null ? '' : ` Did you mean "${near}"?`}`,
    );
  }
  return advice;
}
