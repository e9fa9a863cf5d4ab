// Connectors from files in a group: every worker has the files, one worker writes them, whenever it is that it comes to lead.
//
// Law: a file counts once for each start of a worker, and only as long as nobody was faster. What differs when the worker starts is
// due; what any worker or client has changed since is not due any more. A connector that was deleted does not come back by a
// file: neither now nor after a restart.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import {
  applyConnectorFiles,
  type ConnectorFile,
  type FileProblem,
  type FileTarget,
  sameConfig,
} from './config-files.ts';

export interface FileGroup extends FileTarget {
  readonly isLeader: boolean;
  /** There was a connector of that name. */
  isDeleted(name: string): boolean;
  /** Calls back whenever this worker has come to lead. */
  whenLeading(work: () => void): void;
}

interface DueFile {
  readonly file: ConnectorFile;
  /** The stored config when the worker started; null: none. */
  readonly before: ConnectorFile['config'] | null;
}

export class GroupFiles {
  readonly #group: FileGroup;
  readonly #log: Logger;
  readonly #due = new Map<string, DueFile>();
  #applying: Promise<unknown> = Promise.resolve();

  constructor(group: FileGroup, log: Logger) {
    this.#group = group;
    this.#log = log;
  }

  /** Notes what is due, and writes it if this worker leads; else when it does. Answers what was refused up to now. */
  async start(files: readonly ConnectorFile[]): Promise<readonly FileProblem[]> {
    const problems: FileProblem[] = [];
    for (const file of files) {
      const { name, config } = file;
      const before = this.#stored(name);
      if (this.#group.isDeleted(name)) {
        problems.push({
          file: file.file,
          message: `The connector ${name} was deleted by hand and stays so; POST /connectors brings it back, or give it another name.`,
        });
      } else if (before === null || !sameConfig(before, { ...config, name })) this.#due.set(name, { file, before });
    }
    this.#group.whenLeading(() => {
      void this.#apply().then((refused) => {
        for (const { file, message } of refused) this.#log.warn('A file of config.dir is left out.', { file, message });
      });
    });
    return [...problems, ...(await this.#apply())];
  }

  #apply(): Promise<readonly FileProblem[]> {
    const next = this.#applying.then(() => this.#applyDue());
    this.#applying = next;
    return next;
  }

  async #applyDue(): Promise<readonly FileProblem[]> {
    const problems: FileProblem[] = [];
    for (const [name, { file, before }] of [...this.#due]) {
      if (!this.#group.isLeader) break;
      // Who leads has read all that was written before.
      if (this.#stored(name) !== before || this.#group.isDeleted(name)) {
        this.#due.delete(name);
        continue;
      }
      const refused = await applyConnectorFiles([file], this.#group);
      // Another one has taken the lead meanwhile, or the broker is away: it is still due.
      if (refused.some(({ cause }) => isPassing(cause))) break;
      this.#due.delete(name);
      problems.push(...refused);
    }
    return problems;
  }

  #stored(name: string): ConnectorFile['config'] | null {
    return this.#group.has(name) ? this.#group.get(name).config : null;
  }
}

function isPassing(error: unknown): boolean {
  return isTransient(error) || (error instanceof TributaryError && error.code === 'TRIB_NOT_LEADER');
}
