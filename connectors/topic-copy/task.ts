// One task: sessions, one after the other, for as long as what ends them may pass.
import {
  isTransient,
  type ParsedConfig,
  type ProcessorContext,
  type ProcessorTask,
  type RawConfig,
  TributaryError,
} from 'tributary/connect';
import { runCopySession } from './copy-session.ts';
import { type CopySettings, copySettings } from './settings.ts';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;

export class TopicCopyTask implements ProcessorTask {
  #settings!: CopySettings;
  #context!: ProcessorContext;

  async start(config: ParsedConfig, raw: RawConfig, context: ProcessorContext): Promise<void> {
    this.#settings = copySettings(config, raw);
    this.#context = context;
  }

  async run(): Promise<void> {
    const { signal, clock, log } = this.#context;
    const { retryForMs } = this.#settings;
    let failingSinceMs: number | null = null;
    let waitMs = RETRY_FIRST_MS;
    while (!signal.aborted) {
      try {
        await runCopySession(this.#settings, this.#context, () => {
          failingSinceMs = null;
          this.#context.retrying?.(null);
          waitMs = RETRY_FIRST_MS;
        });
      } catch (error) {
        failingSinceMs ??= clock.now();
        const isOver = retryForMs >= 0 && clock.now() - failingSinceMs > retryForMs;
        if (!mayPass(error) || isOver) throw error;
        this.#context.retrying?.(error as Error);
        log('warn', `The copying of topics is interrupted and goes on in ${waitMs} ms: ${(error as Error).message}`);
        await clock.sleep(waitMs, signal);
        waitMs = Math.min(waitMs * 2, RETRY_MAX_MS);
      }
    }
  }

  async stop(): Promise<void> {}
}

/** A topic that was deleted under our hands is no fault: the next session finds what there is. */
function mayPass(error: unknown): boolean {
  return isTransient(error) || (error instanceof TributaryError && error.kind === 'notFound');
}
