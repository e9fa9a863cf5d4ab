// A Kafka of one node and one topic, at the level of requests: it keeps the rules of idempotent producers and fails as told.

import type { Connector, RawConnection, RawRequest } from '../../../../src/adapters/kafkajs/internals.ts';
import { WireReader, WireWriter } from '../../../../src/adapters/kafkajs/wire.ts';
import { HEADER_BYTES, readInt64, VarintReader } from '../../../../src/adapters/record-batch/index.ts';

/** What becomes of a produce request for one partition. */
export type Fate = 'good' | 'refused' | 'unheard' | 'unanswered';

interface Stored {
  readonly sequence: number;
  readonly count: number;
  readonly offset: number;
}

export class FakeKafka implements Connector {
  /** Partition → values in the log. */
  readonly logs: string[][];
  requests = 0;
  private readonly fate: () => Fate;
  private readonly producers = new Map<string, Stored[]>();
  private nextProducerId = 1;

  constructor(partitions: number, fate: () => Fate) {
    this.logs = Array.from({ length: partitions }, () => []);
    this.fate = fate;
  }

  async connect(): Promise<RawConnection> {
    let connected = true;
    const all = { minVersion: 0, maxVersion: 99 };
    return {
      versions: { 0: all, 2: all, 3: all, 22: all },
      isConnected: () => connected,
      throttle() {},
      close: () => {
        connected = false;
      },
      send: async (request) => {
        await Promise.resolve();
        if (!connected) throw new Error('Closed connection');
        const answer = this.answer(request);
        if (answer !== null) return answer;
        connected = false;
        throw new Error('Closed connection');
      },
    };
  }

  private answer(request: RawRequest): Buffer | null {
    const body = new WireReader(Buffer.concat(request.body));
    if (request.apiKey === 3) return this.metadata();
    if (request.apiKey === 22)
      return new WireWriter()
        .noTags()
        .int32(0)
        .int16(0)
        .int64(this.nextProducerId++)
        .int16(0)
        .noTags()
        .done();
    if (request.apiKey === 0) return this.produce(body);
    throw new Error(`The fake does not know API ${request.apiKey}.`);
  }

  private metadata(): Buffer {
    const out = new WireWriter().int32(0);
    out
      .array([0], () => out.int32(0).string('fake').int32(1).string(null))
      .string(null)
      .int32(0);
    out.array(['t'], (topic) => {
      out.int16(0).string(topic).bool(false);
      out.array(this.logs.keys(), (partition) => {
        out.int16(0).int32(partition).int32(0).int32(0);
        out
          .array([0], (node) => out.int32(node))
          .array([0], (node) => out.int32(node))
          .int32(0);
      });
    });
    return out.done();
  }

  private produce(body: WireReader): Buffer | null {
    this.requests++;
    body.string();
    body.int16();
    body.int32();
    const answers: { partition: number; code: number; offset: number }[] = [];
    let answered = true;
    body.array(() => {
      body.string();
      body.array(() => {
        const partition = body.int32();
        const length = body.int32();
        const batch = body.bytes.subarray(body.position, body.position + length);
        body.position += length;
        const fate = this.fate();
        if (fate === 'unheard' || fate === 'unanswered') answered = false;
        // Not the leader: as when it has just moved.
        if (fate === 'refused') answers.push({ partition, code: 6, offset: -1 });
        else if (fate !== 'unheard') answers.push({ partition, ...this.store(partition, batch) });
      });
    });
    if (!answered) return null;
    const out = new WireWriter();
    out.array(['t'], (topic) => {
      out.string(topic).array(answers, ({ partition, code, offset }) => {
        out.int32(partition).int16(code).int64(offset).int64(-1).int64(0);
      });
    });
    return out.int32(0).done();
  }

  // A batch must follow the last one of its producer, or be one of the last five.
  private store(partition: number, batch: Buffer): { code: number; offset: number } {
    const [sequence, count] = [batch.readInt32BE(53), batch.readInt32BE(57)];
    const key = `${readInt64(batch, 43)}-${partition}`;
    const stored = this.producers.get(key) ?? [];
    this.producers.set(key, stored);
    const double = stored.slice(-5).find((one) => one.sequence === sequence && one.count === count);
    if (double !== undefined) return { code: 0, offset: double.offset };
    const last = stored.at(-1);
    const expected = last === undefined ? 0 : last.sequence + last.count;
    if (sequence !== expected) return { code: sequence < expected ? 46 : 45, offset: -1 };
    const log = this.logs[partition]!;
    const offset = log.length;
    log.push(...values(batch));
    stored.push({ sequence, count, offset });
    return { code: 0, offset };
  }
}

function values(batch: Buffer): string[] {
  const reader = new VarintReader(batch, HEADER_BYTES);
  const found: string[] = [];
  for (let i = 0; i < batch.readInt32BE(57); i++) {
    const length = reader.int();
    const end = reader.position + length;
    reader.position++;
    reader.long();
    reader.int();
    const keyBytes = reader.int();
    reader.position += keyBytes;
    const valueBytes = reader.int();
    found.push(batch.toString('utf8', reader.position, reader.position + valueBytes));
    reader.position = end;
  }
  return found;
}
