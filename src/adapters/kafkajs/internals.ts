// The one place that knows the inside of kafkajs 2.2.4 (pinned exactly).
//
// What is kept of kafkajs is its network layer: sockets, TLS, SASL with re-authentication, framing, the queue of requests
// in flight, throttling and time-outs. Requests and answers are encoded by ourselves, because kafkajs' own encoding costs
// ten times the CPU of everything else together. kafkajs does not export this layer: the way in is the private symbol of
// its client. `checkShape` fails clearly should another version be installed.

import { Kafka, type KafkaConfig, logLevel } from 'kafkajs';
import { TributaryError } from '../../core/errors.ts';

/** How connections are made. */
export interface ConnectionOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly ssl: KafkaConfig['ssl'] | undefined;
  readonly sasl: KafkaConfig['sasl'] | undefined;
  /** What kafkajs has to say. */
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>>): void;
}

export interface RawRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  /** Written one behind the other, uncopied; must not change afterwards. */
  readonly body: readonly Buffer[];
  /** Beyond the connection's own limit; for requests that the server holds back. */
  readonly extraTimeoutMs?: number;
}

/** A connection that is open and authenticated. Requests are answered in the order sent. */
export interface RawConnection {
  /** API key → range of versions the server understands. */
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>>;
  isConnected(): boolean;
  /** The answer behind its correlation id. Rejects with kafkajs' errors when the connection fails. */
  send(request: RawRequest): Promise<Buffer>;
  /** The server asked to be spared for that long: later requests wait. */
  throttle(ms: number): void;
  /** Rejects what is under way. */
  close(): void;
}

export interface Connector {
  connect(host: string, port: number): Promise<RawConnection>;
}

/** Makes connections with the given options; connects nothing yet. */
export function connector(options: ConnectionOptions): Connector {
  const kafka = new Kafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    ...(options.ssl === undefined ? {} : { ssl: options.ssl }),
    ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
    logLevel: logLevel.DEBUG,
    logCreator: () => (entry) => {
      const { message, ...fields } = entry.log;
      options.log(levelName(entry.level), message, { ...fields, namespace: entry.namespace });
    },
  });
  const cluster = clusterOf(kafka);
  return { connect: (host, port) => open(cluster, options, host, port) };
}

// The parts of kafkajs that are touched, as they stand in 2.2.4.
interface Cluster {
  readonly rootLogger: unknown;
  readonly connectionPoolBuilder: { build(address: { host: string; port: number }): Promise<ConnectionPool> };
  readonly brokerPool: { createBroker(options: object): BrokerHandle };
}

interface BrokerHandle {
  readonly versions: RawConnection['versions'];
  connect(): Promise<void>;
}

interface ConnectionPool {
  readonly pool: readonly Connection[];
}

interface Connection {
  readonly socket: { cork(): void; uncork(): void; write(bytes: Buffer): boolean };
  readonly requestQueue: RequestQueue;
  isConnected(): boolean;
  isAuthenticated(): boolean;
  authenticate(): Promise<void>;
  nextCorrelationId(): number;
  rejectRequests(error: Error): void;
  disconnect(): Promise<boolean>;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  push(request: object): void;
  maybeThrottle(ms: number): void;
  scheduleCheckPendingRequests(): void;
}

function clusterOf(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find((one) => one.description === 'private:Kafka:createCluster');
  const create = symbol === undefined ? undefined : (kafka as unknown as Record<symbol, unknown>)[symbol];
  checkShape(typeof create === 'function', 'the client makes clusters');
  const cluster = (create as (options: object) => Cluster)({ metadataMaxAge: 300_000, allowAutoTopicCreation: false });
  checkShape(typeof cluster.connectionPoolBuilder?.build === 'function', 'a cluster builds connection pools');
  checkShape(typeof cluster.brokerPool?.createBroker === 'function', 'a cluster makes brokers');
  return cluster;
}

async function open(cluster: Cluster, options: ConnectionOptions, host: string, port: number): Promise<RawConnection> {
  const connectionPool = await cluster.connectionPoolBuilder.build({ host, port });
  const connection = connectionPool.pool?.[0];
  checkConnection(connection);
  calmQueue(connection.requestQueue);
  const broker = cluster.brokerPool.createBroker({ connectionPool, logger: cluster.rootLogger, nodeId: null });
  try {
    await broker.connect();
  } catch (error) {
    closeConnection(connection);
    throw error;
  }
  return {
    versions: broker.versions,
    isConnected: () => connection.isConnected(),
    send: (request) => send(connection, options, request),
    throttle: (ms) => connection.requestQueue.maybeThrottle(ms),
    close: () => closeConnection(connection),
  };
}

/** Throws unless `connection` has all that is used of it. Exported for the contract test. */
export function checkConnection(connection: unknown): asserts connection is Connection {
  const it = connection as Partial<Connection> | undefined;
  const methods = [
    'isConnected',
    'isAuthenticated',
    'authenticate',
    'nextCorrelationId',
    'rejectRequests',
    'disconnect',
  ];
  for (const method of methods) {
    checkShape(typeof it?.[method as keyof Connection] === 'function', `a connection has ${method}()`);
  }
  const queue = it?.requestQueue as unknown as Record<string, unknown> | undefined;
  for (const method of ['push', 'maybeThrottle', 'scheduleCheckPendingRequests']) {
    checkShape(typeof queue?.[method] === 'function', `a request queue has ${method}()`);
  }
  checkShape(Array.isArray(queue?.['pending']), 'a request queue keeps what is pending');
}

// As kafkajs has it, every answer starts a chain of one-millisecond timers that never ends, on every connection. They are
// needed only while requests wait for their turn.
function calmQueue(queue: RequestQueue): void {
  const schedule = queue.scheduleCheckPendingRequests.bind(queue);
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule();
  };
}

// Synchronous up to the socket when the connection is authenticated, so requests go out in the order of the calls.
function send(connection: Connection, options: ConnectionOptions, request: RawRequest): Promise<Buffer> {
  if (options.sasl === undefined || connection.isAuthenticated()) return push(connection, options, request);
  return connection.authenticate().then(() => push(connection, options, request));
}

function push(connection: Connection, options: ConnectionOptions, request: RawRequest): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const { apiKey, apiVersion, apiName, body } = request;
    const correlationId = connection.nextCorrelationId();
    const header = requestHeader(request, correlationId, options.clientId);
    const settle = (answer: { payload: Buffer }): void => resolve(answer.payload);
    connection.requestQueue.push({
      entry: { apiKey, apiName, apiVersion, correlationId, resolve: settle, reject },
      expectResponse: true,
      requestTimeout: options.requestTimeoutMs + (request.extraTimeoutMs ?? 0),
      sendRequest: () => {
        const { socket } = connection;
        socket.cork();
        socket.write(header);
        for (const part of body) socket.write(part);
        socket.uncork();
      },
    });
  });
}

function requestHeader(request: RawRequest, correlationId: number, clientId: string): Buffer {
  const idBytes = Buffer.byteLength(clientId);
  const header = Buffer.allocUnsafe(14 + idBytes);
  let bodyBytes = 0;
  for (const part of request.body) bodyBytes += part.length;
  header.writeInt32BE(10 + idBytes + bodyBytes, 0);
  header.writeInt16BE(request.apiKey, 4);
  header.writeInt16BE(request.apiVersion, 6);
  header.writeInt32BE(correlationId, 8);
  header.writeInt16BE(idBytes, 12);
  header.write(clientId, 14, 'utf8');
  return header;
}

function closeConnection(connection: Connection): void {
  // `disconnect` waits for what is under way (a fetch may be held for long), so that is given up first.
  connection.rejectRequests(new ConnectionGivenUp());
  connection.disconnect().catch(() => false);
}

/** What requests under way are rejected with when we close their connection ourselves. */
export class ConnectionGivenUp extends Error {
  override readonly name = 'ConnectionGivenUp';
}

function levelName(level: logLevel): 'debug' | 'info' | 'warn' | 'error' {
  if (level === logLevel.ERROR) return 'error';
  if (level === logLevel.WARN) return 'warn';
  return level === logLevel.INFO ? 'info' : 'debug';
}

function checkShape(holds: boolean, belief: string): void {
  if (holds) return;
  throw new TributaryError('TRIB_KAFKAJS_CHANGED', 'bug', {
    what: `The installed kafkajs differs from 2.2.4: it is no longer true that ${belief}.`,
    where: 'adapters/kafkajs/internals.ts',
    fix: 'Install kafkajs 2.2.4 exactly (npm ci), or adapt this file to the new version.',
  });
}
