// Fetches the partitions one broker leads, for one reader, over a connection of its own.
//
// Law: of each partition at most `AHEAD` answers wait for the reader; the next is being fetched while the caller works on
// the last. A partition whose answers are not taken drops out of the requests, and the others go on.

import type { Clock } from '../../ports/clock.ts';
import { AT_LAST_OFFSET_DELTA, AT_LENGTH, HEADER_BYTES, PREFIX_BYTES, readInt64 } from '../record-batch/index.ts';
import { type FetchedPartition, type FetchLimits, type FetchPartition, fetchCall } from './api/fetch.ts';
import { KafkaError, OFFSET_OUT_OF_RANGE } from './error-codes.ts';
import type { Link } from './link.ts';
import type { Signal } from './signal.ts';

const AHEAD = 2;
// While a partition has dropped out for being full, the others must not hold the connection for long.
const SHORT_WAIT_MS = 20;
/** How a broker is asked where nothing else is wished. */
export const FETCH_LIMITS: FetchLimits = { waitMs: 500, bytesMin: 1, bytesMax: 8 << 20 };

/** A partition being read. */
export interface Source {
  readonly key: string;
  readonly topic: string;
  readonly partition: number;
  readonly bytesMax: number;
  /** Node id; −1 while unknown. */
  leader: number;
  /** Where the next request starts. */
  fetchNext: number;
  /** Where the next record handed out stands. */
  next: number;
  /** Raised by every seek: answers to older requests are dropped. */
  generation: number;
  paused: boolean;
  /** How often it has been misplaced since it was last read. */
  setbacks: number;
  readonly ready: FetchedPartition[];
  /** What the broker answered instead of records, once it cannot be cured here. */
  failure: unknown;
}

export interface LoopOwner {
  readonly clock: Clock;
  readonly isolation: 'committed' | 'uncommitted';
  readonly limits: FetchLimits;
  readonly ready: Signal;
  readonly demand: Signal;
  isClosed(): boolean;
  sourcesOf(nodeId: number): readonly Source[];
  /** The broker does not lead (or have) the partition: find it anew. */
  misplaced(source: Source, error: unknown): void;
  /** All of the broker's partitions are to be found anew. */
  lost(nodeId: number, error: unknown): void;
  /** An answer has been taken in. */
  progressed(): void;
}

/** Runs until the reader is closed, the broker leads none of its partitions any more, or the connection fails. */
export async function runFetchLoop(owner: LoopOwner, nodeId: number, link: Link): Promise<void> {
  try {
    while (!owner.isClosed()) {
      const sources = owner.sourcesOf(nodeId);
      if (sources.length === 0) return;
      const wanted = sources.filter(
        (source) => !source.paused && source.ready.length < AHEAD && source.failure === null,
      );
      if (wanted.length === 0) await owner.demand.changed();
      else await fetchOnce(owner, link, wanted, wanted.length < sources.filter((one) => !one.paused).length);
    }
  } catch (error) {
    owner.lost(nodeId, error);
  } finally {
    link.close();
  }
}

async function fetchOnce(owner: LoopOwner, link: Link, wanted: readonly Source[], someAreFull: boolean): Promise<void> {
  const asked = new Map<string, { source: Source; generation: number }>();
  const request = new Map<string, FetchPartition[]>();
  for (const source of wanted) {
    asked.set(source.key, { source, generation: source.generation });
    const entry = { partition: source.partition, offset: source.fetchNext, bytesMax: source.bytesMax };
    const known = request.get(source.topic);
    if (known === undefined) request.set(source.topic, [entry]);
    else known.push(entry);
  }
  const { limits } = owner;
  const waitMs = someAreFull ? Math.min(SHORT_WAIT_MS, limits.waitMs) : limits.waitMs;
  const { partitions, throttleMs } = await link.call(fetchCall(request, owner.isolation, { ...limits, waitMs }));
  link.throttle(throttleMs);
  for (const fetched of partitions) {
    const entry = asked.get(`${fetched.topic}-${fetched.partition}`);
    if (entry !== undefined && entry.generation === entry.source.generation) take(owner, entry.source, fetched);
  }
  owner.progressed();
}

function take(owner: LoopOwner, source: Source, fetched: FetchedPartition): void {
  if (fetched.errorCode !== 0) {
    const error = new KafkaError(fetched.errorCode, source.key);
    if (error.treatment === 'refresh') owner.misplaced(source, error);
    else if (error.treatment !== 'retry') {
      source.failure = fetched.errorCode === OFFSET_OUT_OF_RANGE ? new KafkaError(1, source.key) : error;
      owner.ready.notify();
    }
    return;
  }
  source.setbacks = 0;
  const end = endOf(fetched);
  if (end < 0) return;
  source.fetchNext = Math.max(source.fetchNext, end);
  source.ready.push(fetched);
  owner.ready.notify();
}

// The offset behind the last whole batch, from the headers alone; −1 when there is none.
function endOf(fetched: FetchedPartition): number {
  const { bytes, end } = fetched;
  let next = -1;
  for (let at = fetched.start; at + HEADER_BYTES <= end; ) {
    const batchEnd = at + PREFIX_BYTES + bytes.readInt32BE(at + AT_LENGTH);
    if (batchEnd > end || batchEnd < at + HEADER_BYTES) break;
    next = readInt64(bytes, at) + bytes.readInt32BE(at + AT_LAST_OFFSET_DELTA) + 1;
    at = batchEnd;
  }
  return next;
}
