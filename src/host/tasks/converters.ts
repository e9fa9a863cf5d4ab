// The three converters of a connector: what its settings name, else the worker's with the worker's settings.

import type { RecordConverters } from '../../connect/connectors.ts';
import type { Converter, HeaderConverter } from '../../connect/plugins.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseConfigOrThrow, settingsUnder } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import type { Environment } from '../environment.ts';

/** Class and settings of one side's converter, and whose they are. */
export interface ConverterChoice {
  readonly className: string;
  readonly settings: RawConfig;
  readonly inherited: boolean;
}

type Side = 'key' | 'value' | 'header';

/** Which converter a side uses. Settings of the worker apply only with the worker's class, as in Connect. */
export function converterChoice(side: Side, raw: RawConfig, environment: Environment): ConverterChoice {
  const prefix = `${side}.converter`;
  const own = raw[prefix]?.trim();
  const source = own === undefined || own === '' ? environment.settings.raw : raw;
  const { keyConverter, valueConverter, headerConverter } = environment.settings;
  const fallback = { key: keyConverter, value: valueConverter, header: headerConverter }[side];
  return {
    className: own === undefined || own === '' ? fallback : own,
    settings: { 'converter.type': side, ...settingsUnder(source, `${prefix}.`) },
    inherited: source !== raw,
  };
}

/** A key or value converter, ready. Throws `config` or `notFound`. */
export function makeConverter(side: 'key' | 'value', raw: RawConfig, environment: Environment): Converter {
  const { className, settings } = converterChoice(side, raw, environment);
  const { def } = environment.plugins.get('converter', className);
  const values = parseConfigOrThrow(def.config, settings, `${side}.converter`);
  try {
    return def.create(values, side === 'key', {
      registry: (url, own) => environment.registryOf(url, own),
      raw: settings,
    });
  } catch (error) {
    throw placed(error, `${side}.converter`);
  }
}

/** A converter knows its settings by their short names, and key and value may both have them. */
function placed(error: unknown, where: string): unknown {
  if (!(error instanceof TributaryError) || error.kind !== 'config') return error;
  const inner = error.parts.where;
  return new TributaryError(error.code, 'config', {
    ...error.parts,
    where: inner === undefined ? where : `${where}.${inner}`,
    cause: error.parts.cause ?? error,
  });
}

export function makeHeaderConverter(raw: RawConfig, environment: Environment): HeaderConverter {
  const { className, settings } = converterChoice('header', raw, environment);
  const { def } = environment.plugins.get('header-converter', className);
  return def.create(parseConfigOrThrow(def.config, settings, 'header.converter'));
}

/** All three, each made when it is first asked for. */
export function lazyConverters(raw: RawConfig, environment: Environment): RecordConverters {
  let key: Converter | null = null;
  let value: Converter | null = null;
  let header: HeaderConverter | null = null;
  return {
    get key() {
      key ??= makeConverter('key', raw, environment);
      return key;
    },
    get value() {
      value ??= makeConverter('value', raw, environment);
      return value;
    },
    get header() {
      header ??= makeHeaderConverter(raw, environment);
      return header;
    },
  };
}

/** Class names as they stand in dead letters and errors. */
export function converterClassName(side: Side, raw: RawConfig, environment: Environment): string {
  const { className } = converterChoice(side, raw, environment);
  return (
    environment.plugins.find(side === 'header' ? 'header-converter' : 'converter', className)?.className ?? className
  );
}
