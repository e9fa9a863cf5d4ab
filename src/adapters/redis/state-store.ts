// State of tasks in Redis: a cache of their changelogs.
//
// Law: a write is one atomic step. Up to CHUNK_ENTRIES it is one script call; larger ones are several calls inside one MULTI,
// and the position goes with the last, so no reader ever finds a position whose entries are missing.
// Law: each call verifies the token of the newest `open` and the number of writes done since. A flushed Redis has no token,
// a Redis restarted from an older snapshot has an older number: both are answered `lost`, never half a state for a whole.
// Law: a write whose outcome is unknown (connection broke) ends the session. Entries are last values taken from the log, so
// opening again and replaying from the stored position gives the right state, whether or not the write had happened.

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { TributaryError } from '../../core/errors.ts';
import type { Offsets } from '../../ports/broker.ts';
import { type Entry, type StateSession, type StateStore, stateFenced, stateLost } from '../../ports/state-store.ts';
import { connectRedis, isUnknownScript, redisFailure, run, scriptOf, send } from './connection.ts';
import { packed } from './pack.ts';
import { CLEAR, OPEN, READ, REMOVE, SCAN, WRITE } from './scripts.ts';

const CHUNK_ENTRIES = 2_000;
const CHUNK_BYTES = 4 * 1024 * 1024;
const READ_KEYS = 2_000;
const SCAN_COUNT = 2_000;

const SCRIPTS = {
  open: scriptOf(OPEN),
  read: scriptOf(READ),
  scan: scriptOf(SCAN),
  write: scriptOf(WRITE),
  clear: scriptOf(CLEAR),
  remove: scriptOf(REMOVE),
} as const;

interface Session {
  readonly token: string;
  /** Writes sent since `open`: what Redis must have counted too. */
  seq: number;
  lost: boolean;
}

/** Settings of the store. */
export interface RedisStateStoreOptions {
  readonly url: string;
  /** First part of every key. */
  readonly clusterId: string;
}

/** The state store on Redis 6 or later. */
export class RedisStateStore implements StateStore {
  readonly #client: Redis;
  readonly #clusterId: string;
  readonly #sessions = new Map<string, Session>();
  #policyChecked: Promise<void> | null = null;

  constructor(options: RedisStateStoreOptions) {
    this.#client = connectRedis(options.url);
    this.#clusterId = options.clusterId;
  }

  async open(task: string): Promise<StateSession> {
    this.#policyChecked ??= this.#checkPolicy().catch((error: unknown) => {
      this.#policyChecked = null;
      throw redisFailure(error, 'connecting');
    });
    await this.#policyChecked;
    const token = randomUUID();
    try {
      // Loaded here, so that a call is never repeated later, when newer writes have moved the sequence number on.
      await Promise.all(Object.values(SCRIPTS).map((script) => this.#client.script('LOAD', script.text)));
      const answer = await run(this.#client, SCRIPTS.open, this.#metaKeys(task), [token]);
      const [position, savedAt] = (answer as [Buffer, Buffer]).map(String) as [string, string];
      this.#sessions.set(task, { token, seq: 0, lost: false });
      if (position === '') return { token, position: new Map() };
      return {
        token,
        position: new Map(Object.entries(JSON.parse(position) as Record<string, number>)),
        savedAtMs: Number(savedAt),
      };
    } catch (error) {
      throw redisFailure(error, `opening the state of ${task}`);
    }
  }

  async read(task: string, token: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    if (keys.length === 0) return [];
    const session = this.#session(task, token);
    const names = [this.#meta(task), this.#storeKey(task, store)];
    const calls: Promise<unknown>[] = [];
    for (let from = 0; from < keys.length; from += READ_KEYS) {
      const slice = keys.slice(from, from + READ_KEYS);
      calls.push(run(this.#client, SCRIPTS.read, names, [token, session.seq, ...slice]));
    }
    try {
      const parts = (await Promise.all(calls)) as (Buffer | null)[][];
      return parts.length === 1 ? parts[0]! : parts.flat();
    } catch (error) {
      throw this.#failure(error, task, 'reading state');
    }
  }

  async *scan(task: string, token: string, store: string): AsyncIterable<readonly Entry[]> {
    const session = this.#session(task, token);
    const names = [this.#meta(task), this.#storeKey(task, store)];
    let cursor = '0';
    do {
      let page: [Buffer, Buffer[]];
      try {
        const parameters = [token, session.seq, cursor, SCAN_COUNT];
        page = (await run(this.#client, SCRIPTS.scan, names, parameters)) as [Buffer, Buffer[]];
      } catch (error) {
        throw this.#failure(error, task, 'walking a store');
      }
      cursor = String(page[0]);
      const entries = pairs(page[1]);
      if (entries.length > 0) yield entries;
    } while (cursor !== '0');
  }

  async write(
    task: string,
    token: string,
    entries: ReadonlyMap<string, readonly Entry[]>,
    position: Offsets,
  ): Promise<void> {
    const session = this.#session(task, token);
    const chunks = chunksOf(entries).map((chunk, index, all) =>
      this.#writeCall(task, session, chunk, index, index === all.length - 1 ? position : null),
    );
    session.seq++;
    try {
      await this.#runWrite(chunks);
    } catch (error) {
      session.lost = true;
      throw this.#failure(error, task, 'writing state');
    }
  }

  async clear(task: string, token: string): Promise<void> {
    const session = this.#session(task, token);
    session.seq++;
    try {
      await run(this.#client, SCRIPTS.clear, this.#metaKeys(task), [token, session.seq]);
    } catch (error) {
      session.lost = true;
      throw this.#failure(error, task, 'clearing state');
    }
  }

  async peek(task: string, store: string, keys: readonly Buffer[]): Promise<readonly (Buffer | null)[]> {
    if (keys.length === 0) return [];
    try {
      return (await send(this.#client, 'hmget', [this.#storeKey(task, store), ...keys])) as (Buffer | null)[];
    } catch (error) {
      throw redisFailure(error, 'reading state');
    }
  }

  async remove(task: string): Promise<void> {
    this.#sessions.delete(task);
    try {
      await run(this.#client, SCRIPTS.remove, this.#metaKeys(task), []);
    } catch (error) {
      throw redisFailure(error, `removing the state of ${task}`);
    }
  }

  async close(): Promise<void> {
    this.#client.disconnect();
  }

  /** The calls of one write are handed to the connection in one go: nothing else can come between MULTI and EXEC. */
  async #runWrite(chunks: readonly (string | number | Buffer)[][]): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      const failure = await (chunks.length === 1 ? this.#sendOne(chunks[0]!) : this.#sendMany(chunks));
      if (failure === null) return;
      // The scripts are the same one, so when Redis does not know it, none of the calls has run.
      if (attempt > 0 || !isUnknownScript(failure)) throw failure;
      await this.#client.script('LOAD', SCRIPTS.write.text);
    }
  }

  #sendOne(chunk: readonly (string | number | Buffer)[]): Promise<unknown> {
    return send(this.#client, 'evalsha', chunk as (string | number | Buffer)[]).then(
      () => null,
      (error: unknown) => error,
    );
  }

  async #sendMany(chunks: readonly (string | number | Buffer)[][]): Promise<unknown> {
    const calls = [
      send(this.#client, 'multi', []),
      ...chunks.map((chunk) => send(this.#client, 'evalsha', chunk)),
      send(this.#client, 'exec', []),
    ];
    const settled = await Promise.allSettled(calls);
    const last = settled.at(-1)!;
    if (last.status === 'rejected') {
      return settled.find((call) => call.status === 'rejected')!.reason as unknown;
    }
    if (!Array.isArray(last.value)) return new Error('EXEC was refused');
    return last.value.find((reply) => reply instanceof Error) ?? null;
  }

  #writeCall(
    task: string,
    session: Session,
    chunk: Chunk,
    index: number,
    position: Offsets | null,
  ): (string | number | Buffer)[] {
    const call: (string | number | Buffer)[] = [SCRIPTS.write.sha, 2 + chunk.length, ...this.#metaKeys(task)];
    for (const part of chunk) call.push(this.#storeKey(task, part.store));
    const text = position === null ? '' : JSON.stringify(Object.fromEntries(position));
    call.push(session.token, session.seq, index, text);
    for (const part of chunk) {
      call.push(part.store, packed(part.puts), packed(part.deletes));
    }
    return call;
  }

  #session(task: string, token: string): Session {
    const session = this.#sessions.get(task);
    if (session === undefined) throw stateLost(task);
    if (session.token !== token) throw stateFenced(task);
    if (session.lost) throw stateLost(task);
    return session;
  }

  #failure(error: unknown, task: string, doing: string): TributaryError {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('TRIB_FENCED')) return stateFenced(task);
    if (message.includes('TRIB_LOST')) {
      const session = this.#sessions.get(task);
      if (session !== undefined) session.lost = true;
      return stateLost(task);
    }
    return redisFailure(error, doing);
  }

  #meta(task: string): string {
    return `${this.#clusterId}:state:{${task}}`;
  }

  #metaKeys(task: string): [meta: string, stores: string] {
    return [this.#meta(task), `${this.#meta(task)}:stores`];
  }

  #storeKey(task: string, store: string): string {
    return `${this.#meta(task)}:s:${store}`;
  }

  /** A Redis that evicts keys would drop a store and leave its position: half a state taken for a whole. Refused at start. */
  async #checkPolicy(): Promise<void> {
    const info = String(await send(this.#client, 'info', ['memory']));
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
    const limit = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? '0');
    // Our keys never expire, so the volatile-* policies leave them alone.
    if (limit === 0 || policy === 'noeviction' || policy.startsWith('volatile-')) return;
    throw new TributaryError('TRIB_REDIS_EVICTS', 'config', {
      what: `Redis at state.store.url has maxmemory-policy ${policy}: it would drop parts of the state.`,
      fix: 'Set maxmemory-policy to noeviction.',
    });
  }
}

interface ChunkPart {
  readonly store: string;
  /** key, value, key, value… */
  readonly puts: Buffer[];
  readonly deletes: Buffer[];
}
type Chunk = ChunkPart[];

/** Cuts a write into calls of bounded size; always at least one, so that a position alone can be written. */
function chunksOf(entries: ReadonlyMap<string, readonly Entry[]>): Chunk[] {
  const chunks: Chunk[] = [];
  let chunk: Chunk = [];
  let count = 0;
  let bytes = 0;
  for (const [store, list] of entries) {
    let part: ChunkPart | null = null;
    // A key given twice: the last one stands. Puts run before deletes in a call, so only the last may be sent.
    for (const [key, value] of lastOfEach(list)) {
      if (count >= CHUNK_ENTRIES || bytes >= CHUNK_BYTES) {
        chunks.push(chunk);
        chunk = [];
        part = null;
        count = 0;
        bytes = 0;
      }
      if (part === null) {
        part = { store, puts: [], deletes: [] };
        chunk.push(part);
      }
      if (value === null) part.deletes.push(key);
      else part.puts.push(key, value);
      count++;
      bytes += key.length + (value === null ? 0 : value.length);
    }
  }
  chunks.push(chunk);
  return chunks;
}

function lastOfEach(list: readonly Entry[]): Iterable<Entry> {
  if (!list.some(([, value]) => value === null)) return list;
  const last = new Map<string, Entry>();
  for (const entry of list) last.set(entry[0].toString('latin1'), entry);
  return last.values();
}

function pairs(flat: readonly Buffer[]): Entry[] {
  const entries: Entry[] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) entries.push([flat[i]!, flat[i + 1]!]);
  return entries;
}
