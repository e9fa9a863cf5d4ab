// The attributes of Kafka Connect's task beans: name, what it means, and how it is read from a task's meter.
import type { StatReading, TaskMeter } from '../../core/task-meter.ts';

/** One attribute. Its Prometheus kind follows from its name. */
export interface Attribute {
  readonly name: string;
  readonly help: string;
  read(meter: TaskMeter, nowMs: number): number;
}

type Field = keyof StatReading;

const stat = (name: string, of: Parameters<TaskMeter['read']>[0], field: Field, help: string): Attribute => ({
  name,
  help,
  read: (meter, nowMs) => meter.figure(of, field, nowMs),
});

/** Of every task. */
export const TASK_ATTRIBUTES: readonly Attribute[] = [
  {
    name: 'running-ratio',
    help: 'Share of the time that the task was running.',
    read: (meter, nowMs) => meter.ratio('RUNNING', nowMs),
  },
  {
    name: 'pause-ratio',
    help: 'Share of the time that the task was paused.',
    read: (meter, nowMs) => meter.ratio('PAUSED', nowMs),
  },
  stat('batch-size-avg', 'batch', 'average', 'Records a batch.'),
  stat('batch-size-max', 'batch', 'max', 'Records of the largest batch.'),
  stat('offset-commit-avg-time-ms', 'commitMs', 'average', 'Time an offset commit takes.'),
  stat('offset-commit-max-time-ms', 'commitMs', 'max', 'Time that the longest offset commit took.'),
  stat('offset-commit-success-percentage', 'commitOk', 'average', 'Share of offset commits that succeeded, 0 to 1.'),
  {
    name: 'offset-commit-failure-percentage',
    help: 'Share of offset commits that failed, 0 to 1.',
    read: (meter, nowMs) => {
      const { count, average } = meter.read('commitOk', nowMs);
      return count === 0 ? 0 : 1 - average;
    },
  },
];

export const SOURCE_ATTRIBUTES: readonly Attribute[] = [
  stat('source-record-poll-rate', 'read', 'rate', 'Records polled from the source a second, before transforms.'),
  stat('source-record-poll-total', 'read', 'total', 'Records polled from the source, before transforms.'),
  stat('source-record-write-rate', 'sent', 'rate', 'Records written to Kafka a second.'),
  stat('source-record-write-total', 'sent', 'total', 'Records written to Kafka and committed.'),
  stat('poll-batch-avg-time-ms', 'pollMs', 'average', 'Time that a poll with records takes.'),
  stat('poll-batch-max-time-ms', 'pollMs', 'max', 'Time that the longest poll with records took.'),
  {
    name: 'source-record-active-count',
    help: 'Records polled and not yet written.',
    read: (meter) => meter.gauge('active'),
  },
  stat('source-record-active-count-avg', 'active', 'average', 'Records polled and not yet written, on average.'),
  stat('source-record-active-count-max', 'active', 'max', 'Records polled and not yet written, at most.'),
  stat('transaction-size-avg', 'transaction', 'average', 'Records a transaction.'),
  stat('transaction-size-min', 'transaction', 'min', 'Records of the smallest transaction.'),
  stat('transaction-size-max', 'transaction', 'max', 'Records of the largest transaction.'),
];

export const SINK_ATTRIBUTES: readonly Attribute[] = [
  stat('sink-record-read-rate', 'read', 'rate', 'Records read from Kafka a second, before transforms.'),
  stat('sink-record-read-total', 'read', 'total', 'Records read from Kafka, before transforms.'),
  stat('sink-record-send-rate', 'sent', 'rate', 'Records handed to the task a second.'),
  stat('sink-record-send-total', 'sent', 'total', 'Records handed to the task.'),
  {
    name: 'sink-record-active-count',
    help: 'Records handed to the task and not yet committed.',
    read: (meter) => meter.gauge('active'),
  },
  stat('sink-record-active-count-avg', 'active', 'average', 'Records handed over and not yet committed, on average.'),
  stat('sink-record-active-count-max', 'active', 'max', 'Records handed over and not yet committed, at most.'),
  { name: 'partition-count', help: 'Partitions of the task.', read: (meter) => meter.gauge('partitions') },
  { name: 'offset-commit-seq-no', help: 'Number of the last commit.', read: (meter) => meter.gauge('commitSequence') },
  stat('offset-commit-completion-rate', 'completed', 'rate', 'Offset commits completed a second.'),
  stat('offset-commit-completion-total', 'completed', 'total', 'Offset commits completed.'),
  stat(
    'offset-commit-skip-rate',
    'skippedCommit',
    'rate',
    'Answers a second to commits that a later one had overtaken.',
  ),
  stat('offset-commit-skip-total', 'skippedCommit', 'total', 'Answers to commits that a later one had overtaken.'),
  stat('put-batch-avg-time-ms', 'putMs', 'average', 'Time that a put with records takes.'),
  stat('put-batch-max-time-ms', 'putMs', 'max', 'Time that the longest put with records took.'),
];

export const ERROR_ATTRIBUTES: readonly Attribute[] = [
  stat('total-record-failures', 'failures', 'total', 'Operations that failed, each retry counted.'),
  stat('total-record-errors', 'errors', 'total', 'Records whose handling ended in failure.'),
  stat('total-records-skipped', 'skipped', 'total', 'Records passed over because failures are tolerated.'),
  stat('total-retries', 'retries', 'total', 'Operations tried again.'),
  stat('total-errors-logged', 'logged', 'total', 'Failures written to the log.'),
  stat('deadletterqueue-produce-requests', 'letters', 'total', 'Dead letters that were written.'),
  stat('deadletterqueue-produce-failures', 'letterFailures', 'total', 'Times that dead letters could not be written.'),
  {
    name: 'last-error-timestamp',
    help: 'When the task last met a failure, milliseconds since the epoch; 0: never.',
    read: (meter) => meter.gauge('lastErrorMs'),
  },
];
