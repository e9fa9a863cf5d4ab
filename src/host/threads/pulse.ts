// What a thread shows of itself in shared memory, so that it can be read while the thread is blocked: that its event loop turns,
// which plugin code runs, which plugin calls have not returned, and how much memory it holds beside its heap.
//
// Law: written by the thread alone but for the lease, read by the main thread at any time. Only small numbers stand here; the names
// behind them were sent before.

const BEAT = 0;
const CALL = 1;
const RUN = 2;
const PENDING = 4;
const PENDING_SLOTS = 30;
const CELLS = PENDING + 2 * PENDING_SLOTS;
const LEASE = 0;
const MEMORY = 1;
const NUMBERS_AT = CELLS * 4;

/** A call by the number of its name, and the run it belongs to (0: none). */
export interface SeenCall {
  readonly call: number;
  readonly run: number;
}

export class Pulse {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array;
  readonly #numbers: Float64Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(NUMBERS_AT + 16)) {
    this.shared = shared;
    this.#cells = new Int32Array(shared, 0, CELLS);
    this.#numbers = new Float64Array(shared, NUMBERS_AT, 2);
  }

  get beats(): number {
    return Atomics.load(this.#cells, BEAT);
  }

  beat(memoryBytes: number): void {
    this.#numbers[MEMORY] = memoryBytes;
    Atomics.add(this.#cells, BEAT, 1);
  }

  /** What the thread kept at its last beat, in its heap or in buffers, whichever is more. */
  get memoryBytes(): number {
    return this.#numbers[MEMORY]!;
  }

  /** Until when the worker may work (see `Lease`); written by the main thread. */
  get leaseUntilMs(): number {
    return this.#numbers[LEASE]!;
  }

  set leaseUntilMs(value: number) {
    this.#numbers[LEASE] = value;
  }

  /** Plugin code runs from now on until `leave`; answers what ran before. Cheap enough for every record. */
  enter(call: number, run: number): number {
    const before = this.#cells[CALL]!;
    this.#cells[CALL] = call;
    this.#cells[RUN] = run;
    return before;
  }

  leave(before: number): void {
    this.#cells[CALL] = before;
  }

  /** A call has begun that returns a promise; answers its slot, −1 when all are taken. */
  begin(call: number, run: number): number {
    for (let slot = 0; slot < PENDING_SLOTS; slot++) {
      const at = PENDING + 2 * slot;
      if (this.#cells[at] !== 0) continue;
      this.#cells[at] = call;
      this.#cells[at + 1] = run;
      return slot;
    }
    return -1;
  }

  end(slot: number): void {
    if (slot >= 0) this.#cells[PENDING + 2 * slot] = 0;
  }

  /** What a blocked thread is at: the call whose code runs, else those that have not returned. */
  suspects(): readonly SeenCall[] {
    const cells = this.#cells;
    if (cells[CALL] !== 0) return [{ call: cells[CALL]!, run: cells[RUN]! }];
    const pending: SeenCall[] = [];
    for (let at = PENDING; at < CELLS; at += 2) {
      if (cells[at] !== 0) pending.push({ call: cells[at]!, run: cells[at + 1]! });
    }
    return pending;
  }
}
