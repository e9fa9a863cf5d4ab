// A state store that stands on another thread. Keys and values of a call cross in one piece of memory.
import type { Offsets } from '../../ports/broker.ts';
import type { Entry, StateSession, StateStore } from '../../ports/state-store.ts';
import { type Packed, packBuffers, unpackBuffers } from './buffers.ts';
import { type Caller, Gift, type Method } from './link.ts';

/** The store behind `serveStateStore` at the other end of the link. Closing it leaves that one open. */
export function remoteStateStore(link: Caller): StateStore {
  const values = async (method: string, args: readonly unknown[], keys: readonly Buffer[]) => {
    const packed = packBuffers(keys);
    const answer = await link.call<Packed>(`store.${method}`, [...args, packed], [packed.bytes.buffer]);
    return unpackBuffers(answer);
  };
  return {
    open: (task) => link.call<StateSession>('store.open', [task]),
    read: (task, token, store, keys) => values('read', [task, token, store], keys),
    peek: (task, store, keys) => values('peek', [task, store], keys),
    async *scan(task, token, store) {
      const handle = await link.call<number>('store.scan', [task, token, store]);
      try {
        for (;;) {
          const page = await link.call<Packed | null>('store.page', [handle]);
          if (page === null) return;
          yield entriesOf(page);
        }
      } finally {
        link.tell('store.scanned', [handle]);
      }
    },
    write: async (task, token, entries, position) => {
      const packed = new Map([...entries].map(([store, list]) => [store, packEntries(list)]));
      const transfer = [...packed.values()].map(({ bytes }) => bytes.buffer);
      await link.call('store.write', [task, token, packed, position], transfer);
    },
    clear: (task, token) => link.call('store.clear', [task, token]),
    remove: (task) => link.call('store.remove', [task]),
    close: async () => {},
  };
}

/** Methods for `answerCalls`. */
export function serveStateStore(store: StateStore): ReadonlyMap<string, Method> {
  const scans = new Map<number, AsyncIterator<readonly Entry[]>>();
  let lastHandle = 0;
  const gift = (values: readonly (Buffer | null)[]): Gift => {
    const packed = packBuffers(values);
    return new Gift(packed, [packed.bytes.buffer]);
  };
  const keysOf = (keys: Packed) => unpackBuffers(keys) as Buffer[];
  const methods: Record<string, Method> = {
    'store.open': (task: string) => store.open(task),
    'store.read': async (task: string, token: string, name: string, keys: Packed) =>
      gift(await store.read(task, token, name, keysOf(keys))),
    'store.peek': async (task: string, name: string, keys: Packed) => gift(await store.peek(task, name, keysOf(keys))),
    'store.scan': (task: string, token: string, name: string) => {
      scans.set(++lastHandle, store.scan(task, token, name)[Symbol.asyncIterator]());
      return lastHandle;
    },
    'store.page': async (handle: number) => {
      const page = await scans.get(handle)!.next();
      if (page.done === true) return null;
      const packed = packEntries(page.value);
      return new Gift(packed, [packed.bytes.buffer]);
    },
    'store.scanned': async (handle: number) => {
      const scan = scans.get(handle);
      scans.delete(handle);
      await scan?.return?.();
    },
    'store.write': (task: string, token: string, packed: ReadonlyMap<string, Packed>, position: Offsets) =>
      store.write(task, token, new Map([...packed].map(([name, one]) => [name, entriesOf(one)])), position),
    'store.clear': (task: string, token: string) => store.clear(task, token),
    'store.remove': (task: string) => store.remove(task),
  };
  return new Map(Object.entries(methods));
}

function packEntries(entries: readonly Entry[]): Packed {
  return packBuffers(entries.flat());
}

function entriesOf(packed: Packed): readonly Entry[] {
  const list = unpackBuffers(packed);
  const entries: Entry[] = [];
  for (let i = 0; i < list.length; i += 2) entries.push([list[i]!, list[i + 1]!]);
  return entries;
}
