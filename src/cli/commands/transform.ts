// `trib transform`: a dry run of a connector's transforms, or of a converter, on sample records.
//
//   trib transform connector.json < records.ndjson        what each transform makes of each record, for people
//   trib transform --ndjson < requests.ndjson             one request a line, one answer a line, for programs

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { ConnectRecord } from '../../connect/records.ts';
import type { RawConfig } from '../../core/config/define.ts';
import { parseConfigOrThrow, settingsUnder } from '../../core/config/parse.ts';
import { TributaryError } from '../../core/errors.ts';
import { type ChainStage, chainFaults, chainStages, type PluginRegistry, prepareChain } from '../../plugins/index.ts';
import { type Json, readPair, readRecord, readSample, writePair, writeRecord } from '../connect-notation.ts';
import { UsageError } from '../io.ts';
import { type Step, showSteps } from '../show-steps.ts';

/** What a command may touch: handed in, so that tests run it without a process. */
export interface TransformIo {
  readonly input: Readable;
  write(text: string): void;
  readFile?(path: string): string;
}

export const TRANSFORM_USAGE = `trib transform <connector.json> [--source]   what each transform makes of sample records
trib transform --ndjson                      requests, one a line, each answered on one line

Records are read from standard input, one JSON object a line:
  {"topic":"orders","key":{"id":1},"value":{"id":1,"at":1700000000123}}
A key or value with a schema is written {"schema":{"type":"struct","fields":[…]},"payload":{…}}.
--source: records as a source connector makes them, without an offset.
--plugins=<package,…>: npm packages with plugins of your own, as in plugin.packages of a worker.

With --ndjson each line is one of these requests; the answer is {"id",…} with "record", "drop":true, "bytes" or "error":
  {"id":1,"kind":"transform","connector":"sink","config":{"transforms":"m",…},"record":{"topic":"orders","value":{"value":{"id":1}}}}
  {"id":2,"kind":"converter-from","config":{"value.converter":"JsonConverter"},"record":{"topic":"orders","value":{"value":1}}}
  {"id":3,"kind":"converter-to","config":{"value.converter":"JsonConverter"},"topic":"orders","bytes":"<base64>"}
There a key or value is {"schema":…,"value":…}, as the answers show it.

Exit codes: 0 done, 1 a record failed, 2 wrong use, 3 invalid config.
Example: echo '{"topic":"orders","value":{"id":1}}' | trib transform connector.json`;
const FLAGS = /^--(?:source|ndjson|help|plugins=.+)$/;

/** Runs the command; answers the exit code. Throws `config` errors for files and configs that cannot work. */
export async function runTransform(
  args: readonly string[],
  registry: PluginRegistry,
  io: TransformIo,
): Promise<number> {
  const strange = args.find((arg) => arg.startsWith('-') && arg !== '-h' && !FLAGS.test(arg));
  if (strange !== undefined) throw new UsageError(`"${strange}" is not an option of trib transform: see --help.`);
  if (args.includes('--ndjson')) {
    const answerer = new TransformAnswerer(registry);
    for await (const line of linesOf(io)) {
      if (line.trim() !== '') io.write(`${await answerer.answerText(line)}\n`);
    }
    return 0;
  }
  const path = args.find((arg) => !arg.startsWith('-'));
  const wantsHelp = args.includes('--help') || args.includes('-h');
  if (path === undefined || wantsHelp) {
    io.write(`${TRANSFORM_USAGE}\n`);
    return wantsHelp ? 0 : 2;
  }
  const config = connectorConfig(textOf(path, io), path);
  await prepareChain(config, registry);
  const stages = stagesOf(config, path, registry);
  let failures = 0;
  let lineNumber = 0;
  for await (const line of linesOf(io)) {
    lineNumber++;
    if (line.trim() === '') continue;
    const steps = stepsOf(line, lineNumber, { stages, isSink: !args.includes('--source') });
    if (steps.some((step) => step.error !== null)) failures++;
    io.write(showSteps(steps));
  }
  return failures === 0 ? 0 : 1;
}

function textOf(path: string, io: TransformIo): string {
  try {
    return io.readFile === undefined ? readFileSync(path, 'utf8') : io.readFile(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}.`);
  }
}

/** Tells all that is wrong at once: a config is mended in one go then. */
function stagesOf(config: RawConfig, path: string, registry: PluginRegistry): readonly ChainStage[] {
  const faults = chainFaults(config, registry);
  if (faults.length > 1) {
    const what = `The transforms have ${faults.length} faults:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
    throw new TributaryError('TRIB_CONFIG_INVALID', 'config', { what, where: path });
  }
  return chainStages(config, registry);
}

/** To be called where the lines are taken: what arrives before anybody takes them is lost. */
function linesOf(io: TransformIo): AsyncIterable<string> {
  return createInterface({ input: io.input, crlfDelay: Number.POSITIVE_INFINITY });
}

/** Answers requests of the NDJSON contract. A bad request yields an error answer. */
export class TransformAnswerer {
  readonly #registry: PluginRegistry;
  readonly #chains = new Map<string, readonly ChainStage[]>();

  constructor(registry: PluginRegistry) {
    this.#registry = registry;
  }

  /** The answer to one request line, as a line of JSON. A result without a notation is an error answer too. */
  async answerText(line: string): Promise<string> {
    const answer = await this.answer(line);
    try {
      return JSON.stringify(answer);
    } catch (error) {
      const { id } = answer as { id: Json };
      return JSON.stringify({ id, error: { type: exceptionName(error), message: (error as Error).message } });
    }
  }

  /** The answer to one request line, as an object to be written as JSON. */
  async answer(line: string): Promise<Json> {
    let id: Json = null;
    try {
      const request = JSON.parse(line) as { [name: string]: Json };
      id = request['id'] ?? null;
      return { id, ...(await this.#answered(request)) };
    } catch (error) {
      return {
        id,
        error: { type: exceptionName(error), message: error instanceof Error ? error.message : String(error) },
      };
    }
  }

  async #answered(request: { [name: string]: Json }): Promise<{ [name: string]: Json }> {
    const config = (request['config'] ?? {}) as RawConfig;
    if (request['kind'] === 'transform') return this.#transformed(request, config);
    const { encode, decode } = this.#converter(config);
    if (request['kind'] === 'converter-from') {
      const record = request['record'] as { [name: string]: Json };
      const bytes = await encode(String(record['topic']), record['value'] ?? {});
      return { bytes: bytes === null ? null : bytes.toString('base64') };
    }
    if (request['kind'] !== 'converter-to') {
      throw new TributaryError('TRIB_CLI_NOTATION', 'config', {
        what: `kind is ${JSON.stringify(request['kind'])}.`,
        fix: 'Use one of: transform, converter-from, converter-to.',
      });
    }
    const bytes = request['bytes'];
    const payload = typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : null;
    return { record: { value: await decode(String(request['topic']), payload) } };
  }

  async #transformed(request: { [name: string]: Json }, config: RawConfig): Promise<{ [name: string]: Json }> {
    const cacheKey = JSON.stringify(config);
    let stages = this.#chains.get(cacheKey);
    if (stages === undefined) {
      await prepareChain(config, this.#registry);
      stages = chainStages(config, this.#registry);
      this.#chains.set(cacheKey, stages);
    }
    let record = readRecord(request['record'] ?? null, request['connector'] === 'sink');
    for (const stage of stages) {
      if (stage.applies !== null && !stage.applies(record)) continue;
      const changed = stage.transform(record);
      if (changed === null) return { drop: true };
      record = changed;
    }
    return { record: writeRecord(record) };
  }

  #converter(config: RawConfig) {
    const side = (['key', 'value', 'header'] as const).find((name) => config[`${name}.converter`] !== undefined);
    if (side === undefined) {
      throw new TributaryError('TRIB_CLI_NOTATION', 'config', {
        what: 'No converter is named.',
        fix: 'Set one of: key.converter, value.converter, header.converter.',
      });
    }
    const className = config[`${side}.converter`]!;
    const own: RawConfig = { 'converter.type': side, ...settingsUnder(config, `${side}.converter.`) };
    if (side === 'header') return this.#headerConverter(className, own);
    const { def } = this.#registry.get('converter', className);
    const converter = def.create(parseConfigOrThrow(def.config, own, `${side}.converter`), side === 'key', {
      raw: own,
      registry: () => {
        throw new TributaryError('TRIB_CLI_REGISTRY', 'config', {
          what: `${className} needs a schema registry, which a dry run has not.`,
          fix: 'Use JsonConverter for sample records.',
        });
      },
    });
    return {
      encode: async (topic: string, json: Json) => {
        const { schema, value } = readPair(json);
        await converter.prepareEncode(topic, schema);
        return converter.encode(topic, schema, value);
      },
      decode: async (topic: string, payload: Buffer | null) => {
        const bytes = payload ?? Buffer.alloc(0);
        const start = payload === null ? -1 : 0;
        await converter.prepareDecode(bytes, Int32Array.of(start), Int32Array.of(bytes.length), 1);
        const { schema, value } = converter.decode(topic, bytes, start, payload === null ? -1 : bytes.length);
        return writePair(schema, value);
      },
    };
  }

  #headerConverter(className: string, own: RawConfig) {
    const { def } = this.#registry.get('header-converter', className);
    const converter = def.create(parseConfigOrThrow(def.config, own, 'header.converter'));
    return {
      encode: async (topic: string, json: Json) => {
        const { schema, value } = readPair(json);
        return converter.encode(topic, { key: 'header', schema, value });
      },
      decode: async (topic: string, payload: Buffer | null) => {
        const { schema, value } = converter.decode(topic, 'header', payload);
        return writePair(schema, value);
      },
    };
  }
}

/** Java's name of the exception that Connect would throw in our place. */
function exceptionName(error: unknown): string {
  if (!(error instanceof TributaryError)) return error instanceof SyntaxError ? 'ConfigException' : 'ConnectException';
  if (error.kind === 'config' || error.kind === 'notFound') return 'ConfigException';
  return error.kind === 'data' ? 'DataException' : 'ConnectException';
}

function connectorConfig(text: string, path: string): RawConfig {
  try {
    const json = JSON.parse(text) as { [name: string]: unknown };
    return (typeof json['config'] === 'object' && json['config'] !== null ? json['config'] : json) as RawConfig;
  } catch (cause) {
    throw new TributaryError('TRIB_CLI_FILE', 'config', {
      what: 'The connector file is not JSON.',
      where: path,
      fix: 'Give the body you would POST to /connectors, or its "config" alone.',
      cause,
    });
  }
}

/** What each stage makes of one sample record. A line that holds none is told in place of it; the next ones are still shown. */
function stepsOf(
  line: string,
  lineNumber: number,
  { stages, isSink }: { readonly stages: readonly ChainStage[]; readonly isSink: boolean },
): readonly Step[] {
  const title = `record of line ${lineNumber}`;
  let record: ConnectRecord;
  try {
    record = readSample(JSON.parse(line) as Json, isSink);
  } catch (error) {
    const why = error instanceof SyntaxError ? `This is not valid JSON: ${error.message}` : (error as Error).message;
    return [{ title, record: null, error: why }];
  }
  const steps: Step[] = [{ title: 'record', record, error: null }];
  for (const stage of stages) {
    const title = `${stage.alias} (${stage.className.slice(stage.className.lastIndexOf('.') + 1)})`;
    try {
      if (stage.applies !== null && !stage.applies(record)) {
        steps.push({ title: `${title}: its predicate does not apply`, record, error: null });
        continue;
      }
      const changed = stage.transform(record);
      steps.push({ title, record: changed, error: null });
      if (changed === null) break;
      record = changed;
    } catch (error) {
      steps.push({ title, record, error: error instanceof Error ? error.message : String(error) });
      break;
    }
  }
  return steps;
}
