// Finds plugins by the names a config may use, as Connect does: full class name, simple class name, simple name without its
// type suffix. Inner classes (`Cast$Value`) answer to the full name only. The first registered wins a shared short name.

import type { PluginDef } from '../connect/plugins.ts';
import { nearest, TributaryError } from '../core/errors.ts';

export type PluginKind = PluginDef['kind'];
export type PluginOf<K extends PluginKind> = Extract<PluginDef, { readonly kind: K }>;

/** A plugin and the full class name it was found by. */
export interface FoundPlugin<D extends PluginDef = PluginDef> {
  readonly def: D;
  /** The full class name meant: one of `def.classes`. */
  readonly className: string;
}

const SUFFIXES: Readonly<Record<PluginKind, RegExp>> = {
  transform: /Transformation$/,
  predicate: /Predicate$/,
  converter: /Converter$/,
  'header-converter': /(Header)?Converter$/,
  source: /Connector$/,
  sink: /Connector$/,
  processor: /Connector$/,
};
const CONNECTORS: readonly PluginKind[] = ['sink', 'source', 'processor'];

/** The plugins of a host, by name. Made once from a visible list. */
export class PluginRegistry {
  readonly #byKind = new Map<PluginKind, Map<string, FoundPlugin>>();
  readonly #listed: FoundPlugin[] = [];

  constructor(defs: Iterable<PluginDef>) {
    for (const def of defs) this.#add(def);
  }

  /** The plugin of that kind under a class name, simple name or alias; null when there is none. */
  find<K extends PluginKind>(kind: K, name: string): FoundPlugin<PluginOf<K>> | null {
    // The map of a kind holds plugins of that kind only (#add).
    return (this.#byKind.get(kind)?.get(name) as FoundPlugin<PluginOf<K>> | undefined) ?? null;
  }

  /** A connector of any kind. */
  findConnector(name: string): FoundPlugin<PluginOf<'source' | 'sink' | 'processor'>> | null {
    return this.find('sink', name) ?? this.find('source', name) ?? this.find('processor', name);
  }

  /** A plugin of any kind, connectors first. */
  findAny(name: string): FoundPlugin | null {
    for (const found of [...CONNECTORS, ...this.#byKind.keys()].map((kind) => this.find(kind, name))) {
      if (found !== null) return found;
    }
    return null;
  }

  /** Like {@link find}, but throws `notFound` with the nearest known name. */
  get<K extends PluginKind>(kind: K, name: string): FoundPlugin<PluginOf<K>> {
    const found = this.find(kind, name);
    if (found !== null) return found;
    const suggestion = this.suggest([kind], name);
    throw new TributaryError('TRIB_PLUGIN_UNKNOWN', 'notFound', {
      what: `Class ${name} could not be found.`,
      fix: suggestion === null ? `No ${kind} has a name like it.` : `Did you mean ${suggestion}?`,
    });
  }

  /** Connect's text for a class that no plugin has, and the name that was probably meant. */
  unknown(kinds: readonly PluginKind[], name: string): string {
    const suggestion = this.suggest(kinds, name);
    return `Class ${name} could not be found.${suggestion === null ? '' : ` Did you mean ${suggestion}?`}`;
  }

  /**
   * The known name of these kinds that is nearest to `name`; null when none is near. Other case or package counts as near. For an
   * outer class that stands for nothing itself (`Cast`): its inner ones, joined by "or".
   */
  suggest(kinds: readonly PluginKind[], name: string): string | null {
    const names = kinds.flatMap((kind) => [...(this.#byKind.get(kind)?.keys() ?? [])]);
    const full = names.filter((known) => known.includes('.'));
    const simple = simpleName(name).toLowerCase();
    const samePlugin = full.find((known) => simpleName(known).toLowerCase() === simple);
    if (samePlugin !== undefined) return samePlugin;
    const inner = full.filter((known) => simpleName(known).toLowerCase().startsWith(`${simple}$`));
    if (inner.length > 0) return inner.join(' or ');
    const near = nearest(name, names) ?? nearest(simpleName(name), names);
    if (near !== null)
      return kinds.map((kind) => this.find(kind, near)?.className).find((it) => it !== undefined) ?? near;
    const nearSimple = nearest(simpleName(name), full.map(simpleName));
    return full.find((known) => simpleName(known) === nearSimple) ?? null;
  }

  /** Every class of the given kinds (default: all), in order of registration. */
  list(kinds?: readonly PluginKind[]): readonly FoundPlugin[] {
    return kinds === undefined ? this.#listed : this.#listed.filter(({ def }) => kinds.includes(def.kind));
  }

  #add(def: PluginDef): void {
    let names = this.#byKind.get(def.kind);
    if (names === undefined) {
      names = new Map();
      this.#byKind.set(def.kind, names);
    }
    for (const className of def.classes) {
      const found: FoundPlugin = { def, className };
      this.#listed.push(found);
      const simple = simpleName(className);
      const aliases = className.includes('$') ? [] : [simple, simple.replace(SUFFIXES[def.kind], ''), def.name];
      for (const name of [className, ...aliases]) if (name !== '' && !names.has(name)) names.set(name, found);
    }
  }
}

function simpleName(className: string): string {
  return className.slice(className.lastIndexOf('.') + 1);
}
