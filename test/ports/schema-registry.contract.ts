// What every schema registry must do. Run over the embedded one (test/ports) and the HTTP one (test/integration).

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { SchemaRegistry } from '../../src/ports/schema-registry.ts';

const avro = (name: string, fields = ['id']): string =>
  JSON.stringify({
    type: 'record',
    name,
    fields: fields.map((field) => ({ name: field, type: ['null', 'long'], default: null })),
  });

/** @param make opens the registry; called again it opens what the former one has left, when `durable`. */
export function schemaRegistryContract(name: string, make: () => Promise<SchemaRegistry>, durable: boolean): void {
  describe(`schema registry contract: ${name}`, () => {
    const using = (run: (registry: SchemaRegistry, unique: string) => Promise<void>) => async () => {
      const registry = await make();
      try {
        await run(registry, `T${randomUUID().replaceAll('-', '').slice(0, 10)}`);
      } finally {
        await registry.close();
      }
    };

    test(
      'a registered schema is found by id and as the latest of its subject, as it was written',
      using(async (registry, unique) => {
        const text = avro(unique);

        const id = await registry.register(`${unique}-value`, 'AVRO', text);

        assert.deepEqual(await registry.byId(id), { id, type: 'AVRO', schema: text, references: [] });
        assert.deepEqual(await registry.latest(`${unique}-value`), {
          ...{ id, type: 'AVRO', schema: text, references: [] },
          ...{ subject: `${unique}-value`, version: 1 },
        });
      }),
    );

    test(
      'the same schema has one id, however often and under however many subjects',
      using(async (registry, unique) => {
        const text = avro(unique);

        const ids = [
          await registry.register(`${unique}-a`, 'AVRO', text),
          await registry.register(`${unique}-a`, 'AVRO', text),
          await registry.register(`${unique}-b`, 'AVRO', text),
        ];

        assert.deepEqual(new Set(ids).size, 1);
        assert.equal((await registry.latest(`${unique}-a`))!.version, 1);
      }),
    );

    test(
      'a changed schema is the next version with another id',
      using(async (registry, unique) => {
        const first = await registry.register(unique, 'AVRO', avro(unique));
        const second = await registry.register(unique, 'AVRO', avro(unique, ['id', 'name']));

        assert.notEqual(first, second);
        const latest = await registry.latest(unique);
        assert.deepEqual([latest!.id, latest!.version], [second, 2]);
        assert.equal(await registry.register(unique, 'AVRO', avro(unique)), first);
        assert.equal((await registry.byId(first))!.schema, avro(unique));
      }),
    );

    test(
      'each version of a subject is found by its number, and a text by what it is, without registering it',
      using(async (registry, unique) => {
        const first = await registry.register(unique, 'AVRO', avro(unique));
        const second = await registry.register(unique, 'AVRO', avro(unique, ['id', 'name']));

        const versions = [await registry.version(unique, 1), await registry.version(unique, 2)];
        assert.deepEqual(
          versions.map((version) => [version!.id, version!.version, version!.schema]),
          [
            [first, 1, avro(unique)],
            [second, 2, avro(unique, ['id', 'name'])],
          ],
        );
        assert.equal(await registry.version(unique, 3), null);
        const found = await registry.lookup(unique, 'AVRO', avro(unique));
        assert.deepEqual([found!.id, found!.version], [first, 1]);
        assert.equal(await registry.lookup(unique, 'AVRO', avro(unique, ['other'])), null);
        assert.equal(await registry.lookup(`${unique}-none`, 'AVRO', avro(unique)), null);
        assert.equal((await registry.latest(unique))!.version, 2);
      }),
    );

    test(
      'JSON and Protobuf schemas keep their type, and odd subject names are names',
      using(async (registry, unique) => {
        // Apicurio tells JSON Schema by `properties` or `$schema`, whatever type is given.
        const json = `{"type":"object","title":"${unique}","properties":{}}`;
        const proto = `syntax = "proto3";\nmessage ${unique} {\n  int64 id = 1;\n}\n`;

        const jsonId = await registry.register(`${unique}/a b?c`, 'JSON', json);
        const protoId = await registry.register(`${unique}-p`, 'PROTOBUF', proto);

        assert.equal((await registry.byId(jsonId))!.type, 'JSON');
        assert.equal((await registry.latest(`${unique}/a b?c`))!.schema, json);
        assert.equal((await registry.byId(protoId))!.type, 'PROTOBUF');
        assert.ok((await registry.subjects()).includes(`${unique}/a b?c`));
      }),
    );

    test(
      'unknown ids and subjects are null',
      using(async (registry, unique) => {
        assert.equal(await registry.byId(2_000_000_000), null);
        assert.equal(await registry.latest(unique), null);
        assert.equal((await registry.subjects()).includes(unique), false);
        await registry.deleteSubject(unique);
      }),
    );

    test(
      'a deleted subject is gone, and its ids still resolve',
      using(async (registry, unique) => {
        const id = await registry.register(unique, 'AVRO', avro(unique));

        await registry.deleteSubject(unique);

        assert.equal(await registry.latest(unique), null);
        assert.equal((await registry.byId(id))!.schema, avro(unique));
        assert.equal(await registry.register(unique, 'AVRO', avro(unique)), id);
      }),
    );

    // Kept in memory only: nothing is promised over a restart.
    const lasting = durable ? test : () => {};
    lasting('what was registered is there after a restart', async () => {
      const unique = `T${randomUUID().slice(0, 8)}`;
      const first = await make();
      const id = await first.register(unique, 'AVRO', avro('R', [unique.toLowerCase()]));
      await first.close();

      const second = await make();
      assert.equal((await second.latest(unique))!.id, id);
      assert.equal((await second.byId(id))!.schema, avro('R', [unique.toLowerCase()]));
      await second.close();
    });
  });
}
