// What the metrics of Kafka Connect are made from, and a metric that is ready to print.
import type { TaskMeter } from '../../core/task-meter.ts';

export interface MeteredTask {
  readonly id: number;
  /** Connector and task as they are printed. */
  readonly labels: string;
  readonly state: string;
  readonly meter: TaskMeter;
  /** Text attributes by Connect's name, e.g. `task-class`. */
  readonly facts: Readonly<Record<string, string>>;
}

/** A connector as far as it runs on this worker. */
export interface MeteredConnector {
  readonly name: string;
  /** Its name as it is printed. */
  readonly labels: string;
  readonly isSource: boolean;
  /** Null: the instance runs elsewhere. */
  readonly state: string | null;
  readonly facts: Readonly<Record<string, string>>;
  readonly tasks: readonly MeteredTask[];
}

/** A metric with its samples, ready to print. */
export interface Family {
  /** Bean type without `connect-` where it leads, and without `-metrics`: `sink-task`, `worker-rebalance`. */
  readonly group: string;
  /** Connect's attribute; empty for text attributes in the exporters' short form. */
  readonly attribute: string;
  readonly help: string;
  /** Labels of each sample, as they are printed; many families share one list. */
  readonly labels: readonly string[];
  /** The value of the sample at that place. Read when it is printed: thousands of samples make no object each. */
  value(index: number): number;
}
