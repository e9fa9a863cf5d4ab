// How much memory a thread keeps. What V8 has not collected yet is not kept: before a thread is found too large, it is collected.
//
// The heap's own limit is set far above the one that counts (`hardLimitMb`): a thread that runs into it takes the whole process with it
// when what it asks for at that moment is large (an array that doubles).
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../../ports/clock.ts';

const MEGABYTE = 1024 * 1024;
/** A collection stops the thread for a moment. */
const COLLECT_EVERY_MS = 5000;

export class KeptMemory {
  readonly #maxBytes: number;
  readonly #clock: Clock;
  #collect: (() => void) | null = null;
  #nextMs = 0;

  constructor(maxMb: number, clock: Clock) {
    this.#maxBytes = maxMb * MEGABYTE;
    this.#clock = clock;
  }

  /** Bytes in heap or buffers, whichever is more; above the limit only when it is really kept. */
  bytes(): number {
    const bytes = used();
    if (bytes <= this.#maxBytes) return bytes;
    if (this.#clock.now() < this.#nextMs) return this.#maxBytes;
    this.#nextMs = this.#clock.now() + COLLECT_EVERY_MS;
    this.#collect ??= collector();
    this.#collect();
    return used();
  }
}

/** Where V8 gives up by itself. */
export function hardLimitMb(maxMb: number): number {
  return 4 * maxMb + 1024;
}

/** What a blocked thread, which cannot collect for us, may use. */
export function blockedLimitMb(maxMb: number): number {
  return 2 * maxMb + 256;
}

function used(): number {
  const { used_heap_size: heap, external_memory: buffers } = getHeapStatistics();
  return Math.max(heap, buffers);
}

function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
