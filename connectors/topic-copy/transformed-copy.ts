// The way of records that transforms want to see: decoded, renamed to the copy's topic, transformed, encoded. Partitions keep
// their number unless a transform chooses another one.
import {
  type ConnectRecord,
  decodeRecords,
  type ErrorStage,
  headersAt,
  type ProcessorContext,
  RecordEncoder,
  type RecordFailure,
  type Records,
  refuseLoops,
  type TransactionalProducer,
} from 'tributary/connect';

export class TransformedCopy {
  readonly #context: ProcessorContext;
  readonly #encoder: RecordEncoder;
  readonly #isInput: (topic: string) => boolean;

  /** @param isInput whether a topic of the target is read by this connector. */
  constructor(context: ProcessorContext, producer: TransactionalProducer, isInput: (topic: string) => boolean) {
    this.#context = context;
    this.#isInput = isInput;
    this.#encoder = new RecordEncoder(producer, context.broker, {
      converters: context.converters,
      newTopics: {},
      partitionBy: 'input',
    });
  }

  /** Appends what becomes of the records; answers how many. */
  async take(records: Records, target: string): Promise<number> {
    const failures: RecordFailure[] = [];
    const fail = (index: number, stage: ErrorStage, className: string, error: Error) => {
      const { topic, partition, offsets } = records;
      failures.push({ stage, className, topic, partition, offset: offsets[index]!, error });
    };
    const convertFailed = (index: number, stage: ErrorStage, error: Error) => fail(index, stage, stage, error);
    const batch: (ConnectRecord | null)[] = await decodeRecords(records, this.#context.converters, convertFailed);
    for (let i = 0; i < batch.length; i++) if (batch[i] !== null) batch[i] = batch[i]!.withTopic(target);
    this.#context.chain(batch, (index, { className, error }) => fail(index, 'TRANSFORMATION', className, error));
    refuseLoops(batch, this.#isInput, toldOfLoop);
    await this.#encoder.prepare(batch);
    const written = this.#encoder.append(batch, convertFailed);
    for (const failure of failures) await this.#report(records, failure);
    return written;
  }

  /** Skips the record as the `errors.…` settings allow, with a dead letter in the same transaction; throws otherwise. */
  async #report(records: Records, failure: RecordFailure): Promise<void> {
    this.#context.count('records_failed', 1);
    const letter = this.#context.failed(failure);
    if (letter === null) return;
    const { bytes, timestampsMs, keyStarts, keyEnds, valueStarts, valueEnds } = records;
    const index = records.offsets.indexOf(failure.offset);
    const keyStart = keyStarts[index]!;
    const valueStart = valueStarts[index]!;
    const headers = [...headersAt(records, index), ...letter.headers];
    const lane = await this.#encoder.rawLane(letter.topic, bytes, keyStart, keyEnds[index]!);
    lane.append(
      timestampsMs[index]!,
      keyStart < 0 ? null : bytes,
      keyStart,
      keyEnds[index]!,
      valueStart < 0 ? null : bytes,
      valueStart,
      valueEnds[index]!,
      headers.length === 0 ? null : headers,
    );
  }
}

function toldOfLoop(topic: string): { readonly what: string; readonly fix: string } {
  return {
    what: `Transforms send records to ${topic}, which this connector reads.`,
    fix: 'Let the transforms name another topic, or leave this one out of "topics".',
  };
}
