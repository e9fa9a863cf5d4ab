// The `transforms` of a connector, compiled into one function over an array of records.
//
// Stages run one after the other over the whole array: each loop meets one transform only, so the engine can inline it, and
// one `try` stands around a run of records, not around each. Transforms hold no state from record to record (but caches), so
// the result is that of running the chain record by record.

import type { ChainFailed, PredicateDef, RecordChain, Transform, TransformDef, Warn } from '../connect/plugins.ts';
import { ConnectRecord } from '../connect/records.ts';
import type { RawConfig } from '../core/config/define.ts';
import { invalid, parseConfigOrThrow, parseSetting, settingsUnder } from '../core/config/parse.ts';
import { TributaryError } from '../core/errors.ts';
import type { FoundPlugin, PluginKind, PluginOf, PluginRegistry } from './registry.ts';

/** One transform of a chain with its guard. */
export interface ChainStage {
  /** Alias in the config, e.g. `unwrap`. */
  readonly alias: string;
  readonly className: string;
  readonly transform: Transform;
  /** Null: the stage takes every record. */
  readonly applies: ((record: ConnectRecord) => boolean) | null;
}

/**
 * The stages that a connector config names. Every alias and option is checked before any transform is made; throws `config`
 * with the setting at fault.
 */
export function chainStages(raw: RawConfig, registry: PluginRegistry, warn?: Warn): readonly ChainStage[] {
  const aliases = aliasesOf(raw, 'transforms');
  const predicateAliases = aliasesOf(raw, 'predicates');
  const transforms = aliases.map((alias) => configured(raw, registry, 'transform', `transforms.${alias}.`));
  const predicates = new Map(
    predicateAliases.map((alias) => [alias, configured(raw, registry, 'predicate', `predicates.${alias}.`)]),
  );
  const guards = aliases.map((alias) => guardOf(raw, alias, predicates));
  const made = new Map(
    [...predicates].map(([alias, { found, values }]) => [alias, checkedCreate(alias, () => found.def.create(values))]),
  );
  return aliases.map((alias, index) => {
    const { found, values, own } = transforms[index]!;
    const guard = guards[index]!;
    const test = guard === null ? null : made.get(guard.predicate)!;
    return {
      alias,
      className: found.className,
      transform: checkedCreate(`transforms.${alias}`, () => found.def.create(values, found.className, own, warn)),
      applies: test === null ? null : guard!.negate ? (record: ConnectRecord) => !test(record) : test,
    };
  });
}

/**
 * Every fault for which {@link chainStages} would refuse a config, which names only the first; empty: it would not. Predicates before
 * the transforms that use them.
 */
export function chainFaults(raw: RawConfig, registry: PluginRegistry): readonly string[] {
  const faults: string[] = [];
  const attempt = <T>(act: () => T): T | null => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof TributaryError)) throw error;
      faults.push(error.message);
      return null;
    }
  };
  const aliases = attempt(() => aliasesOf(raw, 'transforms')) ?? [];
  const predicates = new Map((attempt(() => aliasesOf(raw, 'predicates')) ?? []).map((alias) => [alias, null]));
  for (const alias of predicates.keys()) {
    attempt(() => {
      const { found, values } = configured(raw, registry, 'predicate', `predicates.${alias}.`);
      return checkedCreate(alias, () => found.def.create(values));
    });
  }
  for (const alias of aliases) {
    attempt(() => {
      const { found, values, own } = configured(raw, registry, 'transform', `transforms.${alias}.`);
      return checkedCreate(`transforms.${alias}`, () => found.def.create(values, found.className, own));
    });
    attempt(() => guardOf(raw, alias, predicates));
  }
  return faults;
}

/** Loads what the transforms of a config need. To be awaited before {@link chainStages}; unknown names are left to it. */
export async function prepareChain(raw: RawConfig, registry: PluginRegistry): Promise<void> {
  for (const alias of parseSetting('LIST', raw['transforms'] ?? '') as readonly string[]) {
    await registry.find('transform', raw[`transforms.${alias}.type`]?.trim() ?? '')?.def.prepare?.();
  }
}

/** The chain of a connector config. Throws `config` for settings that cannot work. */
export function compileChain(raw: RawConfig, registry: PluginRegistry, warn?: Warn): RecordChain {
  const stages = chainStages(raw, registry, warn);
  return (records, failed) => {
    for (let i = 0; i < stages.length; i++) runStage(stages[i]!, records, failed);
  };
}

function runStage(stage: ChainStage, records: (ConnectRecord | null)[], failed: ChainFailed): void {
  const { transform, applies } = stage;
  let i = 0;
  while (i < records.length) {
    try {
      for (; i < records.length; i++) {
        const record = records[i]!;
        if (record === null || (applies !== null && !applies(record))) continue;
        const result = transform(record);
        if (result !== null && !(result instanceof ConnectRecord)) checkResult(result, stage);
        records[i] = result;
      }
    } catch (error) {
      // Not this record's fault: going on with the next one would keep the process from all else.
      if (error instanceof TributaryError && error.code === 'TRIB_EXPRESSION_COSTLY') throw error;
      const record = records[i]!;
      records[i] = null;
      failed(i, {
        alias: stage.alias,
        className: stage.className,
        record,
        error: error instanceof Error ? error : new Error(String(error)),
      });
      i++;
    }
  }
}

/** A plugin that forgets its `return`, or is async, would else have its records written as nothing, and nobody told. */
function checkResult(result: unknown, { className }: ChainStage): void {
  // A record made by another copy of the library is one, too.
  if (typeof (result as ConnectRecord | undefined)?.withValue === 'function') return;
  const given = result instanceof Promise ? 'a promise' : typeof result;
  throw new TributaryError('TRIB_TRANSFORM_RESULT', 'data', {
    what: `The transform returned ${given} instead of a record or null.`,
    where: className,
    fix: 'Mend the transform: it must return the record, changed or not, or null to drop it, and not be async.',
  });
}

interface Configured<K extends PluginKind> {
  readonly found: FoundPlugin<PluginOf<K>>;
  readonly values: ReturnType<typeof parseConfigOrThrow>;
  readonly own: RawConfig;
}

function configured<K extends 'transform' | 'predicate'>(
  raw: RawConfig,
  registry: PluginRegistry,
  kind: K,
  prefix: string,
): Configured<K> {
  const typeSetting = `${prefix}type`;
  const type = raw[typeSetting]?.trim();
  if (type === undefined) {
    throw configError(`Missing required configuration "${typeSetting}" which has no default value.`);
  }
  const found = registry.find(kind, type);
  if (found === null) {
    const other = registry.findAny(type);
    const suggestion = registry.suggest([kind], type);
    throw configError(
      invalid(
        typeSetting,
        type,
        other === null
          ? `Class ${type} could not be found.`
          : kind === 'transform'
            ? 'Not a Transformation'
            : 'Not a Predicate',
      ),
      suggestion === null ? undefined : `Did you mean ${suggestion}?`,
    );
  }
  const own = settingsUnder(raw, prefix);
  const { config } = found.def as TransformDef | PredicateDef;
  return { found, values: parseConfigOrThrow(config, own, prefix.slice(0, -1)), own };
}

function guardOf(
  raw: RawConfig,
  alias: string,
  predicates: ReadonlyMap<string, unknown>,
): { readonly predicate: string; readonly negate: boolean } | null {
  const prefix = `transforms.${alias}.`;
  const predicate = raw[`${prefix}predicate`]?.trim();
  const negated = raw[`${prefix}negate`];
  const negate = negated === undefined || negated === null ? false : parseSetting('BOOLEAN', negated);
  if (typeof negate !== 'boolean') {
    throw configError(invalid('negate', negated ?? null, 'Expected value to be either true or false'));
  }
  if (predicate === undefined || predicate === '') {
    if (negated === undefined || negated === null) return null;
    throw configError(
      `Config '${prefix}negate' was provided but there is no config '${prefix}predicate' defining a predicate to be negated.`,
    );
  }
  if (!predicates.has(predicate)) {
    throw configError(
      invalid(
        `${prefix}predicate`,
        predicate,
        `no predicate of that alias stands in "predicates" (${[...predicates.keys()].join(', ') || 'empty'})`,
      ),
    );
  }
  return { predicate, negate };
}

function aliasesOf(raw: RawConfig, setting: string): readonly string[] {
  const aliases = parseSetting('LIST', raw[setting] ?? '') as readonly string[];
  if (new Set(aliases).size < aliases.length) {
    throw configError(invalid(setting, aliases, 'Duplicate alias provided.'));
  }
  return aliases;
}

/** Says which stage refused its settings. */
function checkedCreate<T>(where: string, create: () => T): T {
  try {
    return create();
  } catch (error) {
    if (error instanceof TributaryError && error.kind === 'config' && error.parts.where === undefined) {
      throw new TributaryError(error.code, 'config', { ...error.parts, where });
    }
    throw error;
  }
}

function configError(what: string, fix?: string): TributaryError {
  return new TributaryError('TRIB_CONFIG_INVALID', 'config', fix === undefined ? { what } : { what, fix });
}
