// Values of topics become lines of a file, in Java's text form, since that is what Kafka's sink prints.
import { type FileHandle, open } from 'node:fs/promises';
import {
  type ConfigDef,
  type ConnectorDef,
  type ConnectRecord,
  type Offsets,
  type ParsedConfig,
  type RawConfig,
  type SinkConnector,
  type SinkTask,
  type SinkTaskContext,
  TributaryError,
} from 'tributary/connect';
import { javaText } from './java-text.ts';

const config: ConfigDef = [
  {
    name: 'file',
    type: 'STRING',
    fallback: null,
    importance: 'HIGH',
    doc: 'Destination filename. If not specified, the standard output will be used.',
  },
];

export const fileStreamSink: ConnectorDef = {
  kind: 'sink',
  name: 'FileStreamSinkConnector',
  classes: ['org.apache.kafka.connect.file.FileStreamSinkConnector'],
  doc: 'Writes the value of each record as a line of a file (or of standard output).',
  version: '1.0.0',
  config,
  create: () => new FileStreamSinkConnector(),
};

class FileStreamSinkConnector implements SinkConnector {
  #raw: RawConfig = {};

  async start(_config: ParsedConfig, raw: RawConfig): Promise<void> {
    this.#raw = raw;
  }

  taskConfigs(maxTasks: number): readonly RawConfig[] {
    return Array.from({ length: maxTasks }, () => this.#raw);
  }

  task(): SinkTask {
    return new FileStreamSinkTask();
  }

  async stop(): Promise<void> {}
}

class FileStreamSinkTask implements SinkTask {
  #handle: FileHandle | null = null;
  #context!: SinkTaskContext;

  async start(parsed: ParsedConfig, _raw: RawConfig, context: SinkTaskContext): Promise<void> {
    this.#context = context;
    const file = (parsed['file'] as string | null) || null;
    if (file === null) return;
    try {
      this.#handle = await open(file, 'a');
    } catch (cause) {
      throw new TributaryError('TRIB_FILE_OPEN', 'fatal', {
        what: `Couldn't find or create file '${file}' for FileStreamSinkTask (${(cause as NodeJS.ErrnoException).code}).`,
        where: 'file',
        fix: 'Make its folder, or check the rights of this process.',
        cause,
      });
    }
  }

  async put(batch: readonly ConnectRecord[]): Promise<void> {
    if (batch.length === 0) return;
    let text = '';
    for (let i = 0; i < batch.length; i++) text += `${javaText(batch[i]!.value)}\n`;
    if (this.#handle === null) process.stdout.write(text);
    else await this.#handle.appendFile(text, 'utf8');
    this.#context.count('records_written', batch.length);
  }

  /** `put` has written all that was handed over. */
  async preCommit(handed: Offsets): Promise<Offsets> {
    return handed;
  }

  async stop(): Promise<void> {
    await this.#handle?.close();
    this.#handle = null;
  }
}
