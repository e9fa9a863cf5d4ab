import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TributaryError } from '../../../../src/core/errors.ts';
import type { Broker, TransactionalProducer } from '../../../../src/ports/broker.ts';
import { type HostWorld, hostWorld, SourceProbe } from '../../../support/host-world.ts';

const isOut = () => new TributaryError('TRIB_KAFKA_UNREACHABLE', 'transient', { what: 'Kafka cannot be reached.' });

/** While `out` holds, nothing that needs the brokers is answered. */
function withOutage(broker: Broker, out: () => boolean): Broker {
  const cut = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]): unknown => {
          if (out() && names.includes(String(name))) return Promise.reject(isOut());
          const answer: unknown = member.apply(object, args);
          if (name !== 'transact') return answer;
          return (answer as Promise<TransactionalProducer>).then((made) => cut(made, ['drain', 'commit', 'abort']));
        };
      },
    });
  return cut(broker, ['transact']);
}

test('a source outlives an outage in which even its transaction could not be aborted, exactly once', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a');
  const plain = await hostWorld([]);
  let isOutage = false;
  const broker = withOutage(plain.broker, () => isOutage);
  const world = await hostWorld([probe.definition()], { broker, clock: plain.clock });
  await world.worker.create('s', { 'connector.class': 'ProbeSource', topic: 'out' }, null);
  await world.until('written', async () => (await world.read('out')).length === 1);

  isOutage = true;
  probe.lines.push('b', 'c');
  await world.until('it is told', () => world.log.some((line) => line.includes('Records could not be written')));
  await world.clock.sleep(60_000);
  isOutage = false;
  await world.until('the rest', async () => (await world.read('out')).length >= 3);

  assert.deepEqual(
    (await world.read('out')).map(({ value }) => value),
    ['a', 'b', 'c'],
  );
  assert.equal(world.worker.status('s').tasks[0]?.state, 'RUNNING');
  assert.doesNotMatch(world.log.join('\n'), /TRIB_BUG|Broken belief/);
  await world.close();
  await plain.close();
});

test('a schema that the registry did not take is offered again with the next records', async () => {
  const probe = new SourceProbe();
  probe.lines.push('a');
  const world = await hostWorld([probe.definition()]);
  const { registry } = world.environment;
  const register = registry.register.bind(registry);
  const refused = new TributaryError('TRIB_REGISTRY_INCOMPATIBLE', 'conflict', { what: 'Not compatible.' });
  registry.register = () => Promise.reject(refused);
  await world.worker.create(
    's',
    {
      ...{ 'connector.class': 'ProbeSource', topic: 'out', 'value.converter.schema.registry.url': 'embedded' },
      ...{ 'value.converter': 'io.confluent.connect.avro.AvroConverter', 'errors.tolerance': 'all' },
    },
    null,
  );
  await world.until('skipped', () => world.environment.metrics.total('records_skipped', { connector: 's' }) === 1);

  registry.register = register;
  probe.lines.push('b');
  await world.until('written', async () => (await world.read('out')).length === 1);

  assert.equal((await world.read('out'))[0]!.value?.slice(-1), 'b');
  await world.close();
});

test('a source whose topic is deleted while it runs makes it again with its next run, and goes on', async () => {
  const probe = new SourceProbe();
  const world = await hostWorld([probe.definition()]);
  probe.lines.push('1');
  await world.worker.create(
    'a',
    {
      ...{ 'connector.class': 'ProbeSource', topic: 'out' },
      ...{ 'topic.creation.default.partitions': '2', 'topic.creation.default.replication.factor': '1' },
      ...{ 'task.restart.enable': 'true', 'task.restart.delay.ms': '1000' },
    },
    null,
  );
  await world.until('written', async () => (await written(world)).length === 1);

  await world.broker.deleteTopics(['out']);
  probe.lines.push('2');
  await world.until('written again', async () => (await written(world)).length === 1);

  assert.deepEqual(await written(world), ['2']);
  assert.equal((await world.broker.topic('out'))?.partitions, 2);
  await world.until('running', () => world.worker.status('a').tasks[0]?.state === 'RUNNING');
  await world.close();
});

/** What stands in the topic now; nothing while there is none. */
async function written(world: HostWorld): Promise<(string | null)[]> {
  const partitions = (await world.broker.topic('out'))?.partitions ?? 0;
  const all = await Promise.all(Array.from({ length: partitions }, (_, index) => world.read('out', index)));
  return all.flat().map(({ value }) => value);
}
