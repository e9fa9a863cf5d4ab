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
  close(): Promise<void>;
}

/** Opens a door to `host:port`, which must be what the broker advertises. */
export async function cutProxy(host: string, port: number): Promise<CutProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  let isCut = false;
  let ownPort = 0;
  const server = createServer((client) => {
    const broker = tcpConnect({ host, port });
    const pair = [client, broker] as const;
    pairs.add(pair);
    const rewrite = rewriter(advertised(host, port), advertised(host, ownPort));
    client.on('data', (chunk) => broker.write(chunk));
    broker.on('data', (chunk) => client.write(rewrite(chunk)));
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
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
      for (const [client, broker] of pairs) {
        client.destroy();
        broker.destroy();
      }
      pairs.clear();
    },
    close: async () => {
      for (const [client, broker] of pairs) {
        client.destroy();
        broker.destroy();
      }
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function hold([client, broker]: readonly [Socket, Socket]): void {
  client.pause();
  broker.pause();
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
