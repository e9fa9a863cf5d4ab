// What every state store must do. Run over each adapter: memory, LMDB (test/ports) and Redis (test/integration).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { TributaryError } from '../../src/core/errors.ts';
import type { Entry, StateStore } from '../../src/ports/state-store.ts';

const b = (text: string): Buffer => Buffer.from(text, 'latin1');
const texts = (values: readonly (Buffer | null)[]): (string | null)[] =>
  values.map((value) => (value === null ? null : value.toString('latin1')));
const fenced = (error: unknown): boolean =>
  error instanceof TributaryError && error.kind === 'fenced' && error.code === 'TRIB_STATE_FENCED';
const lost = (error: unknown): boolean => error instanceof TributaryError && error.code === 'TRIB_STATE_LOST';

async function all(store: StateStore, task: string, token: string, name: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const page of store.scan(task, token, name)) {
    for (const [key, value] of page) found[key.toString('latin1')] = value!.toString('latin1');
  }
  return found;
}

/** @param make opens the store; called again it opens what the former one has left, when `durable`. */
export function stateStoreContract(name: string, make: () => Promise<StateStore>, durable: boolean): void {
  describe(`state store contract: ${name}`, () => {
    const using = (run: (store: StateStore, task: string) => Promise<void>) => async () => {
      const store = await make();
      try {
        await run(store, `q_${randomUUID().slice(0, 8)}.0_0`);
      } finally {
        await store.close();
      }
    };

    test(
      'a task that was never written has no position and no values',
      using(async (store, task) => {
        const { token, position, savedAtMs } = await store.open(task);

        assert.deepEqual(position, new Map());
        assert.equal(savedAtMs, undefined);
        assert.deepEqual(await store.read(task, token, 's', [b('a')]), [null]);
        assert.deepEqual(await all(store, task, token, 's'), {});
        assert.deepEqual(await store.read(task, token, 's', []), []);
      }),
    );

    test(
      'what was written is read in the order asked, by binary keys and values',
      using(async (store, task) => {
        const { token } = await store.open(task);
        const odd = b('\x00\xff\r\n:{}');
        await store.write(
          task,
          token,
          new Map<string, readonly Entry[]>([
            [
              'one',
              [
                [b('a'), b('1')],
                [odd, odd],
                [b(''), b('')],
              ],
            ],
            ['two', [[b('a'), b('other')]]],
          ]),
          new Map([['log-0', 7]]),
        );

        assert.deepEqual(texts(await store.read(task, token, 'one', [odd, b('x'), b('a'), b('')])), [
          '\x00\xff\r\n:{}',
          null,
          '1',
          '',
        ]);
        assert.deepEqual(texts(await store.read(task, token, 'two', [b('a')])), ['other']);
        assert.deepEqual(texts(await store.peek(task, 'two', [b('a'), b('q')])), ['other', null]);
        assert.deepEqual(await all(store, task, token, 'one'), {
          a: '1',
          '\x00\xff\r\n:{}': '\x00\xff\r\n:{}',
          '': '',
        });
      }),
    );

    test(
      'a null deletes, and of two entries of a key in one write the last stands',
      using(async (store, task) => {
        const { token } = await store.open(task);
        await store.write(
          task,
          token,
          new Map([['s', [[b('a'), b('1')] as const, [b('b'), b('1')] as const]]]),
          new Map(),
        );

        await store.write(
          task,
          token,
          new Map<string, readonly Entry[]>([
            [
              's',
              [
                [b('a'), null],
                [b('b'), null],
                [b('b'), b('2')],
                [b('c'), b('1')],
                [b('c'), null],
              ],
            ],
          ]),
          new Map([['log-0', 3]]),
        );

        assert.deepEqual(await all(store, task, token, 's'), { b: '2' });
      }),
    );

    test(
      'the next open answers the last position and keeps the entries',
      using(async (store, task) => {
        const first = await store.open(task);
        await store.write(task, first.token, new Map([['s', [[b('a'), b('1')] as const]]]), new Map([['log-0', 3]]));
        await store.write(
          task,
          first.token,
          new Map(),
          new Map([
            ['log-0', 5],
            ['log-1', 9007199254740991],
          ]),
        );

        const second = await store.open(task);

        assert.notEqual(second.token, first.token);
        assert.deepEqual(
          second.position,
          new Map([
            ['log-0', 5],
            ['log-1', 9007199254740991],
          ]),
        );
        assert.ok(second.savedAtMs! > 1_600_000_000_000);
        assert.deepEqual(await all(store, task, second.token, 's'), { a: '1' });
      }),
    );

    test(
      'an overtaken owner can neither read nor write nor clear, and has changed nothing',
      using(async (store, task) => {
        const old = await store.open(task);
        await store.write(task, old.token, new Map([['s', [[b('a'), b('1')] as const]]]), new Map([['log-0', 1]]));
        const owner = await store.open(task);

        const late = new Map([['s', [[b('a'), b('late')] as const]]]);
        await assert.rejects(store.write(task, old.token, late, new Map([['log-0', 99]])), fenced);
        await assert.rejects(store.read(task, old.token, 's', [b('a')]), fenced);
        await assert.rejects(all(store, task, old.token, 's'), fenced);
        await assert.rejects(store.clear(task, old.token), fenced);

        assert.deepEqual(texts(await store.read(task, owner.token, 's', [b('a')])), ['1']);
        assert.deepEqual((await store.open(task)).position, new Map([['log-0', 1]]));
      }),
    );

    test(
      'clear drops entries and position and keeps the token',
      using(async (store, task) => {
        const { token } = await store.open(task);
        await store.write(task, token, new Map([['s', [[b('a'), b('1')] as const]]]), new Map([['log-0', 1]]));

        await store.clear(task, token);

        assert.deepEqual(await all(store, task, token, 's'), {});
        await store.write(task, token, new Map([['s', [[b('b'), b('2')] as const]]]), new Map([['log-0', 2]]));
        assert.deepEqual(await all(store, task, token, 's'), { b: '2' });
        await store.clear(task, token);
        assert.deepEqual((await store.open(task)).position, new Map());
      }),
    );

    test(
      'a removed task is lost to its owner and starts empty when opened again',
      using(async (store, task) => {
        const { token } = await store.open(task);
        await store.write(task, token, new Map([['s', [[b('a'), b('1')] as const]]]), new Map([['log-0', 1]]));

        await store.remove(task);

        await assert.rejects(store.read(task, token, 's', [b('a')]), lost);
        await assert.rejects(store.write(task, token, new Map(), new Map()), lost);
        const again = await store.open(task);
        assert.deepEqual(again.position, new Map());
        assert.deepEqual(await all(store, task, again.token, 's'), {});
        assert.deepEqual(await store.peek(task, 's', [b('a')]), [null]);
      }),
    );

    test(
      'tasks do not see each other, even when one name starts with the other',
      using(async (store, task) => {
        const one = await store.open(task);
        const other = await store.open(`${task}1`);
        await store.write(task, one.token, new Map([['s', [[b('a'), b('1')] as const]]]), new Map([['l-0', 1]]));

        assert.deepEqual(await store.read(`${task}1`, other.token, 's', [b('a')]), [null]);
        await store.remove(task);
        await store.write(
          `${task}1`,
          other.token,
          new Map([['s', [[b('a'), b('2')] as const]]]),
          new Map([['l-0', 1]]),
        );
        assert.deepEqual(texts(await store.read(`${task}1`, other.token, 's', [b('a')])), ['2']);
      }),
    );

    test(
      'a large write is one step: reads sent behind it see all of it',
      using(async (store, task) => {
        const { token } = await store.open(task);
        const entries: Entry[] = Array.from({ length: 12_000 }, (_, i) => [b(`key-${i}`), b(`value-${i}`)]);
        const writing = store.write(task, token, new Map([['s', entries]]), new Map([['log-0', 12_000]]));
        await writing;
        const values = texts(
          await store.read(
            task,
            token,
            's',
            entries.map(([key]) => key),
          ),
        );

        assert.equal(values.length, 12_000);
        assert.equal(values[0], 'value-0');
        assert.equal(values[5_000], 'value-5000');
        assert.equal(values[11_999], 'value-11999');
        assert.equal(Object.keys(await all(store, task, token, 's')).length, 12_000);
        assert.deepEqual((await store.open(task)).position, new Map([['log-0', 12_000]]));
      }),
    );

    test(
      'keys and values of many kilobytes are kept whole',
      using(async (store, task) => {
        const { token } = await store.open(task);
        const long = 'k'.repeat(5_000);
        await store.write(task, token, new Map([['s', [[b(long), b('v'.repeat(300_000))] as const]]]), new Map());

        assert.equal(texts(await store.read(task, token, 's', [b(long)]))[0]!.length, 300_000);
        assert.deepEqual(Object.keys(await all(store, task, token, 's')), [long]);
        await store.write(task, token, new Map([['s', [[b(long), null] as const]]]), new Map());
        assert.deepEqual(await all(store, task, token, 's'), {});
      }),
    );

    // Kept in memory only: nothing is promised over a restart.
    const lasting = durable ? test : () => {};
    lasting('a store opened anew has what the former one wrote', async () => {
      const task = `q_${randomUUID().slice(0, 8)}.0_0`;
      const first = await make();
      const { token } = await first.open(task);
      await first.write(task, token, new Map([['s', [[b('a'), b('1')] as const]]]), new Map([['log-0', 4]]));
      await first.close();

      const second = await make();
      const session = await second.open(task);
      assert.deepEqual(session.position, new Map([['log-0', 4]]));
      assert.deepEqual(texts(await second.read(task, session.token, 's', [b('a')])), ['1']);
      await second.remove(task);
      await second.close();
    });
  });
}
