// Kafka's error codes: their names, and what we do about each.

import { type ErrorKind, TributaryError } from '../../core/errors.ts';
import { ConnectionGivenUp } from './internals.ts';

/**
 * retry: the same request again after a pause · refresh: first learn the leaders anew · coordinator: first find the
 * coordinator anew · all others name the kind of error the caller gets.
 */
export type Treatment =
  | 'retry'
  | 'refresh'
  | 'coordinator'
  | 'fenced'
  | 'data'
  | 'notFound'
  | 'config'
  | 'conflict'
  | 'fatal';

export const OFFSET_OUT_OF_RANGE = 1;
export const NOT_CONTROLLER = 41;
export const UNKNOWN_TOPIC_OR_PARTITION = 3;
export const MESSAGE_TOO_LARGE = 10;
export const RECORD_LIST_TOO_LARGE = 18;
export const TOPIC_ALREADY_EXISTS = 36;
export const INVALID_PARTITIONS = 37;
export const ILLEGAL_GENERATION = 22;
export const INCONSISTENT_GROUP_PROTOCOL = 23;
export const UNKNOWN_MEMBER_ID = 25;
export const INVALID_SESSION_TIMEOUT = 26;
export const REBALANCE_IN_PROGRESS = 27;
export const OUT_OF_ORDER_SEQUENCE = 45;
export const DUPLICATE_SEQUENCE = 46;
export const INVALID_PRODUCER_EPOCH = 47;
export const CONCURRENT_TRANSACTIONS = 51;
export const GROUP_ID_NOT_FOUND = 69;
export const MEMBER_ID_REQUIRED = 79;
export const FENCED_INSTANCE_ID = 82;

const CODES: Readonly<Record<number, readonly [name: string, treatment: Treatment]>> = {
  [-1]: ['UNKNOWN_SERVER_ERROR', 'retry'],
  1: ['OFFSET_OUT_OF_RANGE', 'fatal'],
  2: ['CORRUPT_MESSAGE', 'retry'],
  3: ['UNKNOWN_TOPIC_OR_PARTITION', 'refresh'],
  5: ['LEADER_NOT_AVAILABLE', 'refresh'],
  6: ['NOT_LEADER_OR_FOLLOWER', 'refresh'],
  7: ['REQUEST_TIMED_OUT', 'retry'],
  8: ['BROKER_NOT_AVAILABLE', 'refresh'],
  9: ['REPLICA_NOT_AVAILABLE', 'refresh'],
  10: ['MESSAGE_TOO_LARGE', 'data'],
  13: ['NETWORK_EXCEPTION', 'refresh'],
  14: ['COORDINATOR_LOAD_IN_PROGRESS', 'retry'],
  15: ['COORDINATOR_NOT_AVAILABLE', 'coordinator'],
  16: ['NOT_COORDINATOR', 'coordinator'],
  17: ['INVALID_TOPIC_EXCEPTION', 'config'],
  18: ['RECORD_LIST_TOO_LARGE', 'data'],
  19: ['NOT_ENOUGH_REPLICAS', 'retry'],
  20: ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'retry'],
  22: ['ILLEGAL_GENERATION', 'conflict'],
  23: ['INCONSISTENT_GROUP_PROTOCOL', 'fatal'],
  24: ['INVALID_GROUP_ID', 'config'],
  25: ['UNKNOWN_MEMBER_ID', 'conflict'],
  26: ['INVALID_SESSION_TIMEOUT', 'config'],
  27: ['REBALANCE_IN_PROGRESS', 'conflict'],
  29: ['TOPIC_AUTHORIZATION_FAILED', 'fatal'],
  30: ['GROUP_AUTHORIZATION_FAILED', 'fatal'],
  31: ['CLUSTER_AUTHORIZATION_FAILED', 'fatal'],
  32: ['INVALID_TIMESTAMP', 'data'],
  35: ['UNSUPPORTED_VERSION', 'fatal'],
  36: ['TOPIC_ALREADY_EXISTS', 'conflict'],
  37: ['INVALID_PARTITIONS', 'config'],
  38: ['INVALID_REPLICATION_FACTOR', 'config'],
  39: ['INVALID_REPLICA_ASSIGNMENT', 'config'],
  40: ['INVALID_CONFIG', 'config'],
  41: ['NOT_CONTROLLER', 'refresh'],
  42: ['INVALID_REQUEST', 'fatal'],
  44: ['POLICY_VIOLATION', 'config'],
  45: ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'fatal'],
  46: ['DUPLICATE_SEQUENCE_NUMBER', 'fatal'],
  47: ['INVALID_PRODUCER_EPOCH', 'fenced'],
  48: ['INVALID_TXN_STATE', 'fatal'],
  49: ['INVALID_PRODUCER_ID_MAPPING', 'fatal'],
  50: ['INVALID_TRANSACTION_TIMEOUT', 'config'],
  51: ['CONCURRENT_TRANSACTIONS', 'retry'],
  52: ['TRANSACTION_COORDINATOR_FENCED', 'coordinator'],
  53: ['TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'fatal'],
  56: ['KAFKA_STORAGE_ERROR', 'refresh'],
  59: ['UNKNOWN_PRODUCER_ID', 'fatal'],
  68: ['NON_EMPTY_GROUP', 'conflict'],
  69: ['GROUP_ID_NOT_FOUND', 'notFound'],
  74: ['FENCED_LEADER_EPOCH', 'refresh'],
  75: ['UNKNOWN_LEADER_EPOCH', 'refresh'],
  78: ['OFFSET_NOT_AVAILABLE', 'retry'],
  79: ['MEMBER_ID_REQUIRED', 'conflict'],
  81: ['GROUP_MAX_SIZE_REACHED', 'fatal'],
  82: ['FENCED_INSTANCE_ID', 'conflict'],
  84: ['ELIGIBLE_LEADERS_NOT_AVAILABLE', 'refresh'],
  87: ['INVALID_RECORD', 'data'],
  88: ['UNSTABLE_OFFSET_COMMIT', 'retry'],
  89: ['THROTTLING_QUOTA_EXCEEDED', 'retry'],
  90: ['PRODUCER_FENCED', 'fenced'],
  100: ['UNKNOWN_TOPIC_ID', 'refresh'],
  103: ['INCONSISTENT_TOPIC_ID', 'refresh'],
  120: ['TRANSACTION_ABORTABLE', 'fatal'],
};

/** An answer of the broker that is not success. */
export class KafkaError extends Error {
  override readonly name = 'KafkaError';
  readonly code: number;
  readonly codeName: string;
  readonly treatment: Treatment;
  /** Topic-partition, group or id. */
  readonly where: string;
  /** What the broker says about it, if anything. */
  readonly detail: string | null;

  constructor(code: number, where: string, detail: string | null = null) {
    const [codeName, treatment] = CODES[code] ?? [`error ${code}`, 'fatal'];
    super(`${where}: ${codeName}`);
    this.code = code;
    this.codeName = codeName;
    this.treatment = treatment;
    this.where = where;
    this.detail = detail;
  }
}

/** Throws unless `code` is success. */
export function check(code: number, where: string, detail: string | null = null): void {
  if (code !== 0) throw new KafkaError(code, where, detail);
}

/** The connection could not be made or broke: the request may or may not have been carried out. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly address: string;
  readonly reason: string;
  readonly refused: boolean;

  constructor(address: string, cause: unknown) {
    const reason = reasonOf(cause);
    super(`${address}: ${reason}`, { cause });
    this.address = address;
    this.reason = reason;
    this.refused = (cause as Error | null)?.name === 'KafkaJSSASLAuthenticationError';
  }
}

/** Whether another try may succeed. */
export function isRetriable(error: unknown): boolean {
  if (error instanceof ConnectionError) return !error.refused;
  return error instanceof KafkaError && ['retry', 'refresh', 'coordinator'].includes(error.treatment);
}

/** The error as the rest of the product knows errors. */
export function explain(error: unknown): unknown {
  if (error instanceof ConnectionError) return error.refused ? refused(error) : unreachable(error);
  if (!(error instanceof KafkaError)) return error;
  const { treatment, codeName, where, detail } = error;
  if (treatment === 'fenced') return fenced(where, error);
  if (error.code === UNKNOWN_TOPIC_OR_PARTITION) {
    return new TributaryError('TRIB_TOPIC_UNKNOWN', 'notFound', {
      what: 'There is no such topic or partition.',
      where,
      fix: 'Create the topic, or correct the name: topics are not made on first use.',
      cause: error,
    });
  }
  if (codeName.endsWith('_AUTHORIZATION_FAILED')) return notAllowed(codeName, where, error);
  return new TributaryError('TRIB_KAFKA_ANSWER', kindOf(treatment), {
    what: `Kafka answered ${codeName}${detail === null ? '' : ` (${detail})`}.`,
    where,
    ...(treatment === 'retry' ? { fix: 'It is tried again; look at the broker if this lasts.' } : {}),
    cause: error,
  });
}

/** @param where topic, group, transactional id or cluster that the user has no right to */
export function notAllowed(codeName: string, where: string, cause: unknown): TributaryError {
  return new TributaryError('TRIB_KAFKA_NOT_ALLOWED', 'fatal', {
    what: `Kafka answered ${codeName}: the user that Tributary logs in as has no right to this.`,
    where,
    fix: 'Give it the right (kafka-acls), or use another user.',
    cause,
  });
}

export function fenced(id: string, cause: unknown): TributaryError {
  return new TributaryError('TRIB_PRODUCER_FENCED', 'fenced', {
    what: 'Another holder has taken the transactional id over; this one has stopped.',
    where: id,
    fix: 'Nothing is lost: the other one goes on from the last commit.',
    cause,
  });
}

function kindOf(treatment: Treatment): ErrorKind {
  return treatment === 'retry' || treatment === 'refresh' || treatment === 'coordinator' ? 'transient' : treatment;
}

function unreachable(error: ConnectionError): TributaryError {
  return new TributaryError('TRIB_KAFKA_UNREACHABLE', 'transient', {
    what: `Kafka at ${error.address} cannot be reached (${error.reason}).`,
    // Whoever answers, and then hangs up or knows no login, is a listener of another kind.
    fix: /^Closed connection|SASL state/.test(error.reason)
      ? 'Check security.protocol: this listener wants something else (SASL or TLS, or none). If it is right, look at the brokers.'
      : 'Check bootstrap.servers, the network, and that the brokers advertise addresses this host can reach.',
    cause: error,
  });
}

function refused(error: ConnectionError): TributaryError {
  return new TributaryError('TRIB_KAFKA_CREDENTIALS', 'fatal', {
    what: `Kafka at ${error.address} refuses the credentials (${error.reason}).`,
    fix: 'Check security.protocol, sasl.mechanism, and the user name and password of sasl.jaas.config.',
    cause: error,
  });
}

function reasonOf(cause: unknown): string {
  const error = cause as { code?: unknown; message?: unknown; name?: unknown } | null;
  if (cause instanceof ConnectionGivenUp) return 'closed';
  if (typeof error?.code === 'string') return error.code;
  return String(error?.message ?? cause).replace(/^Connection error: /, '');
}
