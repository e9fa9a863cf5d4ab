// What is not wrong with a config, but is most likely a slip: a setting that nobody reads and whose name is close to one that is
// read, and a reference that stays as it is written because there is nothing of that name.
import type { RawConfig } from '../core/config/define.ts';
import { nearest } from '../core/errors.ts';
import type { ConfigInfos } from './validate.ts';

/** Settings that are handed on by prefix: their names are not ours to know. */
const HANDED_ON =
  /^(?:(?:producer|consumer|admin)\.override|(?:key|value|header)\.converter|topic\.creation|sql\.properties)\./;
const REFERENCE_LEFT = /\$\{(?:env|file|directory|dir):[^}]*\}/;

/** Sentences for the log or an error, without values. `resolved` is the config after its references were looked up. */
export function adviceOn(resolved: RawConfig, infos: ConfigInfos): readonly string[] {
  const known = infos.configs.filter(({ definition }) => definition !== null).map(({ value }) => value.name);
  const isKnown = new Set(known);
  const unset = known.filter((name) => resolved[name] === undefined);
  const advice: string[] = [];
  for (const [name, value] of Object.entries(resolved)) {
    if (!isKnown.has(name) && !HANDED_ON.test(name)) {
      const near = nearest(name, unset);
      if (near !== null) advice.push(`The setting "${name}" is not known and has no effect. Did you mean "${near}"?`);
    }
    const left = value === null ? null : REFERENCE_LEFT.exec(value);
    if (left) advice.push(`${name}: there is nothing to put in place of ${left[0]}, so it stands as it is written.`);
  }
  return advice;
}
