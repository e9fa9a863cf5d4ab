// Connectors and back-fills from files in a group: every worker has the files, one worker writes them, whenever it comes to lead.
//
// Law: a file counts once for each start of a worker, and only as long as nobody was faster. What differs when the worker starts is
// due; what any worker or client has changed since is not due any more. A connector that was deleted does not come back by a
// file: neither now nor after a restart. A back-fill is submitted again as it is: the same definition is the same job.
import { isTransient, TributaryError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import {
  applyConnectorFiles,
  type BackfillFile,
  type ConfigFiles,
  type ConnectorFile,
  type FileProblem,
  type FileTarget,
  sameConfig,
} from './config/config-files.ts';

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
  readonly #submit: (job: BackfillFile['job']) => Promise<void>;
  readonly #due = new Map<string, DueFile>();
  readonly #jobs: BackfillFile[] = [];
  #applying: Promise<unknown> = Promise.resolve();

  constructor(group: FileGroup, log: Logger, submit: (job: BackfillFile['job']) => Promise<void>) {
    this.#group = group;
    this.#log = log;
    this.#submit = submit;
  }

  /** Notes what is due, and writes it if this worker leads; else when it does. Answers what was refused up to now. */
  async start(files: Pick<ConfigFiles, 'connectors' | 'backfills'>): Promise<readonly FileProblem[]> {
    const problems: FileProblem[] = [];
    this.#jobs.push(...files.backfills);
    for (const file of files.connectors) {
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
    const next = this.#applying.then(async () => [...(await this.#applyDue()), ...(await this.#submitDue())]);
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
      problems.push(...refused);
      // Another one has taken the lead meanwhile, or the broker is away: it is still due when this worker leads next.
      if (refused.some(({ cause }) => isPassing(cause))) break;
      this.#due.delete(name);
    }
    return problems;
  }

  async #submitDue(): Promise<readonly FileProblem[]> {
    const problems: FileProblem[] = [];
    while (this.#jobs.length > 0 && this.#group.isLeader) {
      const { file, job } = this.#jobs[0]!;
      try {
        await this.#submit(job);
      } catch (cause) {
        problems.push({ file, message: cause instanceof Error ? cause.message : String(cause), cause });
        if (isPassing(cause)) break;
      }
      this.#jobs.shift();
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
