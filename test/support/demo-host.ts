// Runs the demo's worker as a process of its own, as a user would, so that it can be killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface DemoSettings {
  readonly dataDir: string;
  readonly clusterId: string;
  readonly brazeEndpoint: string;
  /** Slows the replay down, so that data still flows when the host is killed. */
  readonly replayRecords: number;
  readonly replayPauseMs: number;
  /** KAFKA_BROKERS, SCHEMA_REGISTRY_URL, REDIS_URL; empty for embedded adapters. */
  readonly services: Readonly<Record<string, string>>;
}

/** A started host. */
export interface DemoHost {
  readonly process: ChildProcess;
  /** Exit code (null: killed) when it has ended. */
  readonly ended: Promise<number | null>;
  /** What it wrote so far. */
  output(): string;
}

/** Starts `trib demo` on free ports. */
export function startDemo(settings: DemoSettings, args: readonly string[] = []): DemoHost {
  const { KAFKA_BROKERS: _kafka, SCHEMA_REGISTRY_URL: _registry, REDIS_URL: _redis, ...environment } = process.env;
  const child = spawn(process.execPath, ['--conditions=source', join(ROOT, 'src', 'main.ts'), 'demo', ...args], {
    cwd: ROOT,
    env: {
      ...environment,
      ...settings.services,
      TRIB_DATA_DIR: settings.dataDir,
      TRIB_CLUSTER_ID: settings.clusterId,
      TRIB_LISTENERS: 'http://127.0.0.1:0',
      TRIB_KSQL_LISTENERS: 'http://127.0.0.1:0',
      TRIB_BRAZE_STAND_IN: 'off',
      BRAZE_ENDPOINT: settings.brazeEndpoint,
      BRAZE_API_KEY: 'stand-in-key',
      TRIB_REPLAY_RECORDS: String(settings.replayRecords),
      TRIB_REPLAY_PAUSE_MS: String(settings.replayPauseMs),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-200_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  return { process: child, ended, output: () => text };
}
