// A listener: routers mounted in order, protocol errors as JSON, a clean close that does not wait for idle clients.
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Router } from 'express';
import { TributaryError } from '../core/errors.ts';
import { addressOf } from './address.ts';
import { protocolError } from './errors.ts';

/** What a listener serves. */
export interface ListenerOptions {
  /** Mounted at the root, in order; the first that matches answers. */
  readonly routers: readonly (Router | RequestHandler)[];
  readonly onError: ErrorRequestHandler;
}

/** A running listener. */
export interface Listener {
  readonly url: string;
  readonly server: Server;
  close(): Promise<void>;
}

/** An express app with the product's manners. */
export function makeApp({ routers, onError }: ListenerOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  for (const router of routers) app.use(router);
  app.use(() => {
    throw protocolError(404);
  });
  app.use(onError);
  return app;
}

/** Listens at `http://host:port`. Throws `config` naming the setting when the port is taken or the address is no good. */
export async function listen(address: string, setting: string, app: RequestListener): Promise<Listener> {
  const { host, port } = addressOf(address, setting);
  const server = createServer(app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, address, port, setting)));
    server.listen(port, host, () => resolve());
  });
  const { port: bound } = server.address() as AddressInfo;
  const shown = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return { url: `http://${shown}:${bound}`, server, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    server.closeAllConnections();
  });
}

function listenError(error: NodeJS.ErrnoException, address: string, port: number, setting: string): TributaryError {
  if (error.code === 'EADDRINUSE') {
    return new TributaryError('TRIB_PORT_IN_USE', 'config', {
      what: `Port ${port} is in use (${setting} = ${address}).`,
      fix: `Stop the other process, or set "${setting}" to another port${setting === 'ksql.listeners' ? ' (or leave it empty: no ksqlDB API then)' : ''}.`,
    });
  }
  return new TributaryError('TRIB_LISTEN', 'config', {
    what: `Cannot listen at ${address}: ${error.code ?? error.message}.`,
    where: setting,
    fix: 'Check host and port.',
    cause: error,
  });
}
