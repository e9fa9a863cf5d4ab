// What a client or a file may write to create a connector: `{"name","config":{}}`, or for files the flat form too.
import type { RawConfig } from '../../core/config/define.ts';
import { TributaryError } from '../../core/errors.ts';
import type { TargetState } from '../states.ts';

/** A request to create a connector; `config` is not validated yet. */
export interface CreateRequest {
  readonly name: string | null;
  readonly config: RawConfig;
  readonly target: TargetState | null;
}

const TARGETS: Readonly<Record<string, TargetState>> = { RUNNING: 'STARTED', PAUSED: 'PAUSED', STOPPED: 'STOPPED' };
const MEMBERS = new Set(['name', 'config', 'initial_state']);

/** Settings as text: numbers and booleans are turned into it, as the reference does. Throws `config` for anything nested. */
export function connectorSettings(value: unknown): RawConfig {
  if (!isObject(value)) throw malformed('The connector config must be a JSON object of settings.');
  const settings: Record<string, string | null> = {};
  for (const [name, setting] of Object.entries(value)) {
    if (typeof setting === 'object' && setting !== null) {
      throw malformed(
        `The value of "${name}" is ${Array.isArray(setting) ? 'an array' : 'an object'}; settings are text.`,
      );
    }
    settings[name] = setting === null ? null : String(setting);
  }
  return settings;
}

/** The enveloped form. Throws `config` for unknown members and wrong shapes. */
export function parseCreateRequest(value: unknown): CreateRequest {
  if (!isObject(value)) throw malformed('The request body must be {"name": …, "config": {…}}.');
  const unknown = Object.keys(value).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) {
    throw malformed(
      `Unrecognized field "${unknown}". A connector is created with {"name", "config", "initial_state"}.`,
    );
  }
  const { name, config, initial_state: state } = value;
  if (config === undefined || config === null) throw malformed('The request has no "config".');
  const settings = connectorSettings(config);
  if (name !== undefined && name !== null && typeof name === 'object') throw malformed('"name" must be text.');
  return {
    name: name === undefined || name === null ? null : String(name).trim(),
    config: settings,
    target: targetOf(state),
  };
}

function targetOf(state: unknown): TargetState | null {
  if (state === undefined || state === null) return null;
  const target = TARGETS[String(state).toUpperCase()];
  if (target !== undefined) return target;
  throw malformed(`initial_state is "${state}". Use one of: RUNNING, PAUSED, STOPPED.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(what: string): TributaryError {
  return new TributaryError('TRIB_REQUEST_MALFORMED', 'config', { what });
}
