// One kept connection to one broker, opened when first used and opened anew after it broke.

import type { Clock } from '../../ports/clock.ts';
import { ConnectionError, KafkaError } from './error-codes.ts';
import type { Connector, RawConnection } from './internals.ts';
import { WireReader } from './wire.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A request of ours and how its answer is read. */
export interface Call<T> {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  readonly body: readonly Buffer[];
  readonly extraTimeoutMs?: number;
  read(answer: WireReader): T;
}

// After a failed attempt others fail at once for this long, so that many callers do not storm a broker that is down.
const PAUSE_AFTER_FAILURE_MS = 100;

export class Link {
  readonly address: Address;
  private readonly connector: Connector;
  private readonly clock: Clock;
  private connection: RawConnection | null = null;
  private opening: Promise<RawConnection> | null = null;
  private failedAt = Number.NEGATIVE_INFINITY;
  private lastFailure: unknown = null;
  private closed = false;

  constructor(connector: Connector, address: Address, clock: Clock) {
    this.connector = connector;
    this.address = address;
    this.clock = clock;
  }

  get isOpen(): boolean {
    return this.connection?.isConnected() === true;
  }

  async open(): Promise<void> {
    await this.connected();
  }

  /** Sends at once when the link is open, so calls leave in the order they are made. Throws {@link ConnectionError}. */
  async call<T>(call: Call<T>): Promise<T> {
    const connection = this.isOpen ? this.connection! : await this.connected();
    checkVersion(connection, call);
    let answer: Buffer;
    try {
      answer = await connection.send(call);
    } catch (error) {
      this.discard(connection);
      throw new ConnectionError(this.name, error);
    }
    return call.read(new WireReader(answer));
  }

  /** The broker asked for a pause (KIP-219): later requests on this link wait. */
  throttle(ms: number): void {
    if (ms > 0) this.connection?.throttle(ms);
  }

  close(): void {
    this.closed = true;
    this.connection?.close();
    this.connection = null;
  }

  private get name(): string {
    return `${this.address.host}:${this.address.port}`;
  }

  private connected(): Promise<RawConnection> {
    if (this.closed) return Promise.reject(new ConnectionError(this.name, new Error('closed')));
    if (this.opening !== null) return this.opening;
    if (this.clock.now() - this.failedAt < PAUSE_AFTER_FAILURE_MS) {
      return Promise.reject(new ConnectionError(this.name, this.lastFailure));
    }
    const opening = this.connect().finally(() => {
      this.opening = null;
    });
    this.opening = opening;
    return opening;
  }

  private async connect(): Promise<RawConnection> {
    this.connection?.close();
    this.connection = null;
    try {
      const connection = await this.connector.connect(this.address.host, this.address.port);
      if (this.closed) {
        connection.close();
        throw new Error('closed');
      }
      this.connection = connection;
      return connection;
    } catch (error) {
      this.failedAt = this.clock.now();
      this.lastFailure = error;
      throw new ConnectionError(this.name, error);
    }
  }

  private discard(connection: RawConnection): void {
    connection.close();
    if (this.connection === connection) this.connection = null;
  }
}

function checkVersion(connection: RawConnection, call: Call<unknown>): void {
  const range = connection.versions[call.apiKey];
  if (range !== undefined && range.minVersion <= call.apiVersion && call.apiVersion <= range.maxVersion) return;
  const known = range === undefined ? 'not at all' : `versions ${range.minVersion} to ${range.maxVersion}`;
  throw new KafkaError(
    35,
    call.apiName,
    `version ${call.apiVersion} is needed, the broker knows it ${known}; Kafka 2.7 or later is needed`,
  );
}
