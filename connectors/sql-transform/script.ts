// The text of a SqlTransform: from its settings or its file, with the properties that its statements run under.
import { readFileSync } from 'node:fs';
import { type RawConfig, TributaryError } from 'tributary/connect';
import { PROPERTIES_PREFIX } from './config.ts';

export interface Script {
  readonly text: string;
  /** Where it was read; null: it stands in the setting `sql`. */
  readonly file: string | null;
  readonly properties: Readonly<Record<string, string>>;
  /** The setting that holds the text, for messages. */
  readonly setting: 'sql' | 'sql.file';
}

/** Setting by which the connector hands a file's text to its tasks: they may run on hosts whose copy of the file differs. */
const FILE_TEXT = '__sql.file.text';

/** The settings of a task, with the text of the file as it is now. Encoded, so that nothing in it is taken for a reference. */
export function withText(raw: RawConfig): RawConfig {
  const { file, text } = readScript(raw);
  return file === null ? raw : { ...raw, [FILE_TEXT]: Buffer.from(text).toString('base64') };
}

/** Reads the script. Throws `config` when there is none. */
export function readScript(raw: RawConfig): Script {
  const inline = (raw['sql'] ?? '').trim();
  const file = (raw['sql.file'] ?? '').trim();
  if ((inline === '') === (file === '')) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: inline === '' ? 'There are no statements.' : 'Both sql and sql.file are given.',
      where: 'sql',
      fix: 'Give either sql, with the statements, or sql.file, with the name of their file.',
    });
  }
  const properties = propertiesOf(raw);
  const handed = raw[FILE_TEXT] ?? '';
  if (handed !== '') return { text: Buffer.from(handed, 'base64').toString(), file, properties, setting: 'sql.file' };
  if (file === '') return { text: raw['sql'] ?? '', file: null, properties, setting: 'sql' };
  try {
    return { text: readFileSync(file, 'utf8'), file, properties, setting: 'sql.file' };
  } catch (cause) {
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', {
      what: `The file cannot be read: ${(cause as Error).message}.`,
      where: 'sql.file',
      fix: "The name is relative to the worker's folder.",
      cause,
    });
  }
}

/** A file of statements describes all of a pipeline's data, so it is read from the beginning unless the user says otherwise. */
function propertiesOf(raw: RawConfig): Readonly<Record<string, string>> {
  const properties: Record<string, string> = { 'auto.offset.reset': 'earliest' };
  for (const [name, value] of Object.entries(raw)) {
    if (name.startsWith(PROPERTIES_PREFIX) && value !== null) properties[name.slice(PROPERTIES_PREFIX.length)] = value;
  }
  return properties;
}
