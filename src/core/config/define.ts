// ConfigDef: a setting is declared once; validation (Connect's shape), reference docs, the UI's form and masking all read it.

/** Types of Kafka Connect's ConfigDef. */
export type SettingType = 'BOOLEAN' | 'STRING' | 'INT' | 'SHORT' | 'LONG' | 'DOUBLE' | 'LIST' | 'CLASS' | 'PASSWORD';
export type Importance = 'HIGH' | 'MEDIUM' | 'LOW';
export type Width = 'NONE' | 'SHORT' | 'MEDIUM' | 'LONG';

/** A secret: printing or serializing it shows `[hidden]`; `reveal()` is called only where the value leaves for its system. */
export class Password {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return '[hidden]';
  }
  toJSON(): string {
    return '[hidden]';
  }
}

/** A parsed value by setting type: LIST → string[], PASSWORD → Password, INT/SHORT/LONG/DOUBLE → number, CLASS and STRING → string. */
export type SettingValue = string | number | boolean | Password | readonly string[] | null;

/** One setting, in the vocabulary of Connect's `ConfigKeyInfo`. */
export interface Setting {
  readonly name: string;
  readonly type: SettingType;
  /** Absent: the setting is required. `null`: optional without a value. */
  readonly fallback?: SettingValue;
  readonly importance: Importance;
  readonly doc: string;
  readonly group?: string;
  readonly order?: number;
  readonly width?: Width;
  readonly displayName?: string;
  readonly dependents?: readonly string[];
  /** Allowed values of a text (exact case), enforced. Null is allowed when the setting is optional without a value. */
  readonly choices?: readonly string[];
  /** Values offered as Connect's `recommended_values`; never enforced. */
  readonly recommended?: readonly string[];
  /** Understood, checked and documented, but shown in Connect's answers only when at fault: the class this stands for declares no such setting. */
  readonly unlisted?: true;
  /**
   * Null when fine, else what is wrong and what to do, without the setting's name. Also called with null, when the value is
   * absent or could not be parsed. Ready-made ones stand in `checks.ts`.
   */
  readonly check?: (value: SettingValue, name: string) => string | null;
}

export type ConfigDef = readonly Setting[];
/** Raw settings as they come from JSON or properties: everything is text (null: explicitly unset). */
export type RawConfig = Readonly<Record<string, string | null>>;
/** Parsed settings by name. */
export type ParsedConfig = Readonly<Record<string, SettingValue>>;

/** What Connect's validate answers for one setting. */
export interface SettingReport {
  readonly setting: Setting;
  /** As given or defaulted, as text; null when absent; passwords stay masked. */
  readonly value: string | null;
  readonly errors: readonly string[];
  readonly recommended: readonly string[];
  readonly visible: boolean;
}
