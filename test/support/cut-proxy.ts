// A door in front of a broker that can be shut: for the process behind it the network is cut, for all others it is not.
//
// Kafka tells its clients where to connect. So that they come back through this door, its address is put in place of the
// broker's in every answer: host and port stand there as length-prefixed text and a four-byte number, and nothing changes in length.
import { createServer, type Socket, connect as tcpConnect } from 'node:net';

export interface CutProxy {
  readonly port: number;
  /** From now on nothing passes, and nobody is told: as a cable that was pulled. */
  cut(): void;
  mend(): void;
  /** After a cut: what was under way arrives, late. */
  flow(): void;
  /** Whoever is connected is sent away, and nobody gets in: as a broker that was stopped. Until `admit`. */
  refuse(): Promise<void>;
  admit(): Promise<void>;
  /** From now on answers take so much longer, and pass at so many bytes a second in all. */
  slow(latencyMs: number, bytesPerS: number): void;
  close(): Promise<void>;
}

/** Opens a door to `host:port`, which must be what the broker advertises. */
export async function cutProxy(host: string, port: number): Promise<CutProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  let ownPort = 0;
  const line = slowLine();
  const server = createServer((client) => {
    const broker = tcpConnect({ host, port });
    const pair = [client, broker] as const;
    pairs.add(pair);
    const rewrite = rewriter(advertised(host, port), advertised(host, ownPort));
    client.on('data', (chunk) => broker.write(chunk));
    const slowed = line.to(client, broker);
    broker.on('data', (chunk) => slowed(rewrite(chunk)));
    const end = (): void => {
      // A cut cable hands no goodbye over either.
      if (isCut) return;
      pairs.delete(pair);
      client.destroy();
      broker.destroy();
    };
    for (const socket of pair) socket.on('close', end).on('error', () => {});
    if (isCut) hold(pair);
  });
  const listen = (at: number) => new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const dropAll = (): void => {
    for (const [client, broker] of pairs) {
      client.destroy();
      broker.destroy();
    }
    pairs.clear();
  };
  await listen(0);
  ownPort = (server.address() as { port: number }).port;
  return {
    port: ownPort,
    cut: () => {
      isCut = true;
      for (const pair of pairs) hold(pair);
    },
    // What was under way is lost, as behind a router that forgot its connections.
    mend: () => {
      isCut = false;
      dropAll();
    },
    flow: () => {
      isCut = false;
      for (const pair of pairs) for (const socket of pair) socket.resume();
    },
    refuse: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      dropAll();
      await closed;
    },
    admit: () => listen(ownPort),
    slow: line.set,
    close: async () => {
      dropAll();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function hold([client, broker]: readonly [Socket, Socket]): void {
  client.pause();
  broker.pause();
}

/** A line whose sockets share its width. Order is kept; a socket that has too much under way is not read on. */
function slowLine() {
  let latencyMs = 0;
  let bytesPerS = Number.POSITIVE_INFINITY;
  let freeAtMs = 0;
  return {
    set: (latency: number, width: number): void => {
      latencyMs = latency;
      bytesPerS = width;
    },
    to: (target: Socket, source: Socket) => {
      let lastMs = 0;
      return (chunk: Buffer): void => {
        const nowMs = performance.now();
        freeAtMs = Math.max(freeAtMs, nowMs) + (chunk.length / bytesPerS) * 1000;
        lastMs = Math.max(lastMs, freeAtMs + latencyMs);
        if (lastMs - nowMs < 1) {
          target.write(chunk);
          return;
        }
        source.pause();
        setTimeout(() => source.resume(), freeAtMs - nowMs);
        setTimeout(() => target.write(chunk), lastMs - nowMs);
      };
    },
  };
}

function advertised(host: string, port: number): Buffer {
  const bytes = Buffer.alloc(2 + host.length + 4);
  bytes.writeInt16BE(host.length, 0);
  bytes.write(host, 2);
  bytes.writeInt32BE(port, 2 + host.length);
  return bytes;
}

/** Replaces `from` by `to` in whole answers: each begins with its length in four bytes. */
function rewriter(from: Buffer, to: Buffer): (chunk: Buffer) => Buffer {
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    let end = 0;
    while (bytes.length - end >= 4 && bytes.length - end >= 4 + bytes.readInt32BE(end))
      end += 4 + bytes.readInt32BE(end);
    held = bytes.subarray(end);
    const whole = bytes.subarray(0, end);
    for (let at = whole.indexOf(from); at >= 0; at = whole.indexOf(from, at + from.length)) to.copy(whole, at);
    return whole;
  };
}
