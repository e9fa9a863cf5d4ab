// What readiness asks: whether the brokers answer and the config store has been read. Asked at most once a second, for a second at most.
import { TributaryError } from '../core/errors.ts';
import type { Environment, Worker } from '../host/index.ts';
import type { Check, HealthSource } from '../http/health.ts';

const FRESH_MS = 1_000;
const LIMIT_MS = 1_000;

export function healthOf(worker: Worker, environment: Environment): HealthSource {
  const kafka = brokerCheck(environment);
  return {
    get started() {
      return worker.ready;
    },
    checks: async () => {
      const config: Check = worker.ready ? { ok: true } : { ok: false, message: 'The config topic is being read.' };
      return { 'config store': config, kafka: await kafka() };
    },
  };
}

function brokerCheck({ broker, clock }: Environment): () => Promise<Check> {
  let last: { readonly atMs: number; readonly check: Check } | null = null;
  let asking: Promise<Check> | null = null;
  const ask = async (): Promise<Check> => {
    const startedMs = clock.now();
    const stop = new AbortController();
    const answered = broker.listTopics().then(
      (): Check => ({ ok: true, ms: clock.now() - startedMs }),
      (error: unknown): Check => ({ ok: false, message: messageOf(error) }),
    );
    const late = clock
      .sleep(LIMIT_MS, stop.signal)
      .then((): Check => ({ ok: false, message: `There is no answer within ${LIMIT_MS} ms.` }));
    const check = await Promise.race([answered, late]);
    stop.abort();
    last = { atMs: clock.now(), check };
    asking = null;
    return check;
  };
  return () => {
    if (last !== null && clock.now() - last.atMs < FRESH_MS) return Promise.resolve(last.check);
    asking ??= ask();
    return asking;
  };
}

function messageOf(error: unknown): string {
  if (error instanceof TributaryError) return error.message;
  return error instanceof Error ? error.message : String(error);
}
