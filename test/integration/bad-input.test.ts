// What goes wrong at a new user's desk: one host on embedded adapters, one fault after the other. Each is answered with what is
// wrong and where, the process lives, a pipeline beside it goes on, and no secret comes out.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually, freePort, type HostProcess, startHost } from '../support/host-process.ts';

const SECRET = 'hunter2-hunter2';
const SINK = { 'connector.class': 'FileStreamSink', topics: 'good' };
const FILTER = { 'transforms.t.type': 'io.debezium.transforms.Filter', 'transforms.t.language': 'jsr223.graal.js' };
type Config = Readonly<Record<string, string>>;

describe('bad input is answered, and the host goes on', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'bad-input-'));
  const file = (name: string) => join(folder, name);
  const lines = (name: string) =>
    existsSync(file(name)) ? readFileSync(file(name), 'utf8').split('\n').length - 1 : 0;
  let host: HostProcess;
  let ksql: string;

  before(async () => {
    ksql = `http://127.0.0.1:${await freePort()}`;
    host = startHost('host', folder, {
      'data.dir': file('data'),
      listeners: `http://127.0.0.1:${await freePort()}`,
      'ksql.listeners': ksql,
    });
    await eventually('it answers', 30_000, async () => (await host.call('GET', '/')).status === 200);
    await put('generator', { 'connector.class': 'DataGenerator', 'kafka.topic': 'good', quickstart: 'orders' });
    await put('good', { ...SINK, file: file('good.txt') });
    await eventually('rows flow', 20_000, async () => lines('good.txt') > 0);
  });
  after(async () => {
    host.process.kill('SIGTERM');
    await host.ended;
    rmSync(folder, { recursive: true, force: true });
  });

  const put = (name: string, config: Config) => host.call('PUT', `/connectors/${name}/config`, config);

  async function raw(url: string, body: string | Buffer, type = 'application/json'): Promise<[number, string]> {
    const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
    return [answer.status, await answer.text()];
  }

  /** The other pipeline moves. */
  async function unharmed(): Promise<void> {
    const before = lines('good.txt');
    await eventually('the other pipeline goes on', 10_000, async () => lines('good.txt') > before);
    assert.equal(host.process.exitCode, null);
  }

  /** Trace of the connector or its task once it has failed. */
  async function failure(name: string): Promise<string> {
    let trace: string | undefined;
    await eventually(`${name} fails`, 20_000, async () => {
      const { body } = await host.call('GET', `/connectors/${name}/status`);
      const { connector, tasks } = body as { connector: { trace?: string }; tasks: { trace?: string }[] };
      trace = connector.trace ?? tasks[0]?.trace;
      return trace !== undefined;
    });
    return trace!;
  }

  const bodies: readonly (readonly [what: string, body: string, status: number, told: RegExp])[] = [
    ['JSON with a comma too many', '{"name":"x",}', 400, /position 12 \(line 1 column 13\)/],
    ['a body that is no object', '[1]', 400, /must be \{\\"name\\"/],
    ['no body', '', 400, /no body/],
    ['a config that is no object', '{"name":"x","config":[]}', 400, /must be a JSON object of settings/],
    [
      'a setting that is an object',
      '{"name":"x","config":{"a":{}}}',
      400,
      /value of \\"a\\" is an object; settings are text/,
    ],
    ['brackets without end', '['.repeat(200_000), 400, /Unexpected end of JSON input/],
    ['ten megabytes', JSON.stringify({ name: 'x', config: { x: 'v'.repeat(10_000_000) } }), 400, /no connector type/],
  ];
  for (const [what, body, status, told] of bodies) {
    test(`${what} in place of a connector`, async () => {
      const [answered, text] = await raw(`${host.url}/connectors`, body);

      assert.equal(answered, status);
      assert.match(text, told);
      assert.ok(text.length < 2000);
    });
  }

  test('statements of ten megabytes, and nested beyond reason', async () => {
    const huge = await raw(`${ksql}/ksql`, JSON.stringify({ ksql: 'select '.repeat(1_400_000) }));
    const deep = await raw(`${ksql}/ksql`, JSON.stringify({ ksql: `select ${'('.repeat(20_000)}1 from x;` }));

    assert.deepEqual([huge[0], deep[0]], [400, 400]);
    assert.match(huge[1], /\\"select\\" is a reserved word/);
    assert.match(deep[1], /nested more than 250 levels deep/);
    await unharmed();
  });

  const configs: readonly (readonly [what: string, config: Config, told: RegExp])[] = [
    ['an unknown class', { 'connector.class': 'com.foo.Bar' }, /matches com\.foo\.Bar, available connectors are: /],
    ['a class nearly right', { 'connector.class': 'FileStreamSnk' }, /Did you mean \S+FileStreamSinkConnector\?/],
    [
      'a converter that is not there',
      { ...SINK, 'value.converter': 'com.foo.JsonConverter' },
      /com\.foo\.JsonConverter could not be found\. Did you mean org\.apache\.kafka\.connect\.json\.JsonConverter\?/,
    ],
    [
      'a transform by its short name',
      { ...SINK, transforms: 't', 'transforms.t.type': 'HoistField$Value' },
      /could not be found\. Did you mean org\.apache\.kafka\.connect\.transforms\.HoistField\$Value\?/,
    ],
    ['no topics', { 'connector.class': 'FileStreamSink' }, /Must configure one of topics or topics\.regex/],
    ['a number that is none', { ...SINK, 'tasks.max': 'many' }, /Invalid value many for configuration tasks\.max/],
    ['transforms twice', { ...SINK, transforms: 'a,a' }, /Duplicate alias/],
    [
      'a predicate that is not there',
      {
        ...SINK,
        transforms: 't',
        'transforms.t.type': 'Filter',
        'transforms.t.predicate': 'p',
      },
      /transforms\.t\.predicate.*no predicate of (that|the) alias|alias.*predicates/is,
    ],
    [
      'a bad pattern of topics',
      { 'connector.class': 'FileStreamSink', 'topics.regex': 'a(' },
      /topics\.regex: Invalid regex/,
    ],
    [
      'a bad pattern of a router',
      {
        ...SINK,
        transforms: 't',
        'transforms.t.type': 'RegexRouter',
        'transforms.t.regex': '[',
        'transforms.t.replacement': '',
      },
      /transforms\.t\.regex: .*Unclosed character class/,
    ],
    [
      'a reach for the process',
      { ...SINK, transforms: 't', ...FILTER, 'transforms.t.condition': 'process.exit()' },
      /\\?"process\\?" is not known: the variables are key, value/,
    ],
    [
      'dead letters into its own topic',
      { ...SINK, 'errors.deadletterqueue.topic.name': 'good' },
      /DLQ topic 'good' may not/,
    ],
  ];
  for (const [what, config, told] of configs) {
    test(`${what} is refused by name`, async () => {
      const { status, body } = await put('wrong', config);

      assert.equal(status, 400);
      assert.match((body as { message: string }).message, told);
      assert.equal((await host.call('GET', '/connectors/wrong')).status, 404);
    });
  }

  test('names that need care in a URL, and very long ones, work', async () => {
    for (const name of ['a b', 'a/b', '😀', '%', '__proto__', 'n'.repeat(4000)]) {
      const path = `/connectors/${encodeURIComponent(name)}`;
      const made = await host.call('POST', '/connectors', { name, config: SINK, initial_state: 'STOPPED' });
      const shown = await host.call('GET', `${path}/config`);
      const gone = await host.call('DELETE', path);

      assert.deepEqual([made.status, shown.status, gone.status], [201, 200, 204], name.slice(0, 20));
    }
    assert.equal((await host.call('POST', '/connectors', { name: 'a\nb', config: SINK })).status, 400);
  });

  test('a hundred thousand tasks fail the connector, not the process', async () => {
    await put('many', { ...SINK, file: file('many.txt'), 'tasks.max': '100000' });

    assert.match(await failure('many'), /TRIB_TASKS_TOO_MANY.*at most 5000/);
    await unharmed();
  });

  test('patterns that would go back for ever match at once', async () => {
    for (const [name, more] of [
      ['evil-topics', { 'topics.regex': '(.*)*x', topics: '' }],
      [
        'evil-router',
        {
          transforms: 't',
          'transforms.t.type': 'RegexRouter',
          'transforms.t.regex': '(o+|.)+!',
          'transforms.t.replacement': 'y',
        },
      ],
    ] as const) {
      const { topics: _, ...config } = { ...SINK, file: file(`${name}.txt`), ...more };
      assert.equal((await put(name, 'topics.regex' in more ? config : { ...config, topics: 'good' })).status, 201);
    }
    await eventually('the router passes rows', 10_000, async () => lines('evil-router.txt') > 0);
    await unharmed();
  });

  const expressions: readonly (readonly [name: string, condition: string, told: RegExp])[] = [
    ['loops', 'while (true) {} return true', /ran too long and was stopped/],
    ['grows', `const a = []; while (true) a.push('x'.repeat(1e6) + a.length); return true`, /out of memory/],
    ['dives', 'const f = () => f(); return f()', /stack overflow/],
    ['escapes', `(function () {}).constructor('return process')() == 1`, /not a function/],
  ];
  for (const [name, condition, told] of expressions) {
    test(`an expression that ${name} fails its record only`, async () => {
      const config = {
        ...SINK,
        file: file(`${name}.txt`),
        transforms: 't',
        ...FILTER,
        'transforms.t.condition': condition,
      };
      await put(name, { ...config, 'task.restart.enable': 'false' });

      assert.match(await failure(name), told);
      await host.call('DELETE', `/connectors/${name}`);
      await unharmed();
    });
  }

  test('poison stops its task with the place, or becomes a dead letter while the rest is delivered', async () => {
    const poison = { 'value.converter': 'LongConverter', 'task.restart.enable': 'false' };
    await put('none', { ...SINK, ...poison, file: file('none.txt') });
    await put('all', {
      ...{ ...SINK, ...poison, file: file('all.txt'), 'errors.tolerance': 'all' },
      ...{ 'errors.deadletterqueue.topic.name': 'dead', 'errors.deadletterqueue.topic.replication.factor': '1' },
    });

    assert.match(await failure('none'), /TRIB_TASK_RECORD_FAILED good-0@0: .*VALUE_CONVERTER/);
    await eventually('dead letters', 20_000, async () => {
      const { body } = await host.call('GET', '/connectors/all/dead-letters');
      return JSON.stringify(body).includes('LongConverter');
    });
    await unharmed();
  });

  test('nonsense for offsets is refused by what is wrong with it', async () => {
    await host.call('POST', '/connectors', { name: 'moved', config: SINK, initial_state: 'STOPPED' });
    const at = (offset: unknown, partition: unknown = { kafka_topic: 'good', kafka_partition: 0 }) =>
      host.call('PATCH', '/connectors/moved/offsets', { offsets: [{ partition, offset }] });

    for (const [answer, told] of [
      [await at({ kafka_offset: -5 }), /negative offset -5/],
      [await at({ kafka_offset: 'soon' }), /'soon'.*need to be integers/],
      [await at({ kafka_offset: 1 }, {}), /must contain the keys 'kafka_topic' and 'kafka_partition'/],
      [await at({ kafka_offset: 1 }, { kafka_topic: 'nope', kafka_partition: 0 }), /no topic "nope"/],
    ] as const) {
      assert.match((answer.body as { message: string }).message, told);
      assert.ok(answer.status === 400 || answer.status === 404);
    }
  });

  test('secrets leave in no answer, no log and no trace', async () => {
    await put('keeper', {
      ...{ 'connector.class': 'BrazeSink', topics: 'good', 'braze.endpoint': 'http://127.0.0.1:9' },
      ...{
        'braze.api.key': SECRET,
        'braze.event.name': 'x',
        'braze.external.id': 'value.user_id',
        'braze.retry.timeout.ms': '1',
        'task.restart.enable': 'false',
      },
      ...{ 'consumer.override.sasl.jaas.config': `Login required username="u" password="${SECRET}";` },
    });
    assert.match(await failure('keeper'), /TRIB_BRAZE_UNREACHABLE/);
    const seen: string[] = [];
    for (const path of [
      '/connectors?expand=info&expand=status',
      '/connectors/keeper/status',
      '/metrics',
      '/openapi.json',
    ]) {
      const answer = await fetch(`${host.url}${path}`);
      seen.push(await answer.text());
    }
    await unharmed();

    assert.doesNotMatch(host.output(), new RegExp(SECRET));
    assert.doesNotMatch(seen.join('\n'), new RegExp(SECRET));
  });

  test('a second host on the same folder or port says so and ends', async () => {
    const { port } = new URL(host.url);
    const same = startHost('same-folder', folder, {
      'data.dir': file('data'),
      listeners: `http://127.0.0.1:${await freePort()}`,
      'ksql.listeners': '',
    });
    const busy = startHost('same-port', folder, {
      'data.dir': file('other'),
      listeners: `http://127.0.0.1:${port}`,
      'ksql.listeners': '',
    });

    assert.deepEqual([await same.ended, await busy.ended], [5, 3]);
    assert.match(same.output(), /data/);
    assert.match(busy.output(), /TRIB_PORT_IN_USE/);
    await unharmed();
  });
});
