// The ksqlDB API as an express router. Everything a statement does happens in `queries`; here is only HTTP.
import express, { type NextFunction, type Request, type Response, Router } from 'express';
import type { HttpClient } from '../../ports/http-client.ts';
import type { ExecuteResult, QueryEngine } from '../../queries/index.ts';
import { bodyOfError, bodyOfFailure, KsqlError, send, sendError } from './errors.ts';
import { bodyOf, type StreamForm, statementRequest, streamForm } from './request.ts';
import { sendRows } from './row-stream.ts';
import { sentOn } from './sent-on.ts';

/** What the API tells about the server. */
export interface KsqlSettings {
  readonly version: string;
  /** `host:port` under which this server is listed. */
  readonly address: string;
  readonly kafkaClusterId: string;
  readonly serviceId: string;
  /** Pull queries on tables that another host keeps are sent on with it; absent: they are refused. */
  readonly http?: HttpClient;
}

const BODY_BYTES_MAX = '16mb';
/** Open push queries of a server, as the reference's default. */
const PUSH_QUERIES_MAX = 100;

/** All routes of the ksqlDB API. */
export function ksqlRouter(engine: QueryEngine, settings: KsqlSettings): Router {
  const router = Router();
  router.use(express.text({ type: () => true, limit: BODY_BYTES_MAX }));
  statusRoutes(router, engine, settings);
  router.use((_request: Request, response: Response, next: NextFunction) => {
    if (engine.ready) next();
    else send(response, 50302, bodyOfError(new KsqlError(50302, 'Server initializing')).body);
  });
  statementRoutes(router, engine);
  queryRoutes(router, engine, settings.http ?? null);
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) next(error);
    else sendError(response, error);
  });
  return router;
}

function statusRoutes(router: Router, engine: QueryEngine, settings: KsqlSettings): void {
  router.get('/', (_request, response) => response.redirect(307, '/info'));
  router.get('/info', (_request, response) => {
    response.json({
      KsqlServerInfo: {
        version: settings.version,
        kafkaClusterId: settings.kafkaClusterId,
        ksqlServiceId: settings.serviceId,
        serverStatus: engine.ready ? 'RUNNING' : 'INITIALIZING',
      },
    });
  });
  router.get('/healthcheck', async (_request, response) => {
    const health = await engine.health();
    // The status stays 200 when unhealthy: probes of this API read the body.
    response.json({
      isHealthy: health.metastore && health.kafka && health.commandRunner,
      details: {
        metastore: { isHealthy: health.metastore },
        kafka: { isHealthy: health.kafka },
        commandRunner: { isHealthy: health.commandRunner },
      },
      serverState: engine.ready ? 'READY' : 'INITIALIZING',
    });
  });
  router.get(['/chc/ready', '/chc/live'], (_request, response) => response.json({}));
  router.get('/v1/metadata', (_request, response) => {
    response.json({ version: settings.version, clusterId: clusterScope(settings) });
  });
  router.get('/v1/metadata/id', (_request, response) => response.json({ id: '', ...clusterScope(settings) }));
  router.get('/clusterStatus', (_request, response) => {
    response.json({
      clusterStatus: {
        [settings.address]: {
          hostAlive: true,
          lastStatusUpdateMs: engine.nowMs(),
          activeStandbyPerQuery: {},
          hostStoreLags: { stateStoreLags: {}, updateTimeMs: engine.nowMs() },
        },
      },
    });
  });
}

function clusterScope(settings: KsqlSettings): object {
  return {
    scope: {
      path: [],
      clusters: { 'kafka-cluster': settings.kafkaClusterId, 'ksql-cluster': settings.serviceId },
    },
  };
}

function statementRoutes(router: Router, engine: QueryEngine): void {
  router.post('/ksql', async (request, response) => {
    const asked = statementRequest(bodyOf(request), 'ksql');
    if (asked.sequenceNumber !== null) await engine.applied(asked.sequenceNumber);
    const result: ExecuteResult = await engine.execute(asked.text, {
      properties: asked.properties,
      variables: asked.variables,
    });
    if (result.failure === null) {
      response.json(result.entities);
      return;
    }
    const { code, body } = bodyOfFailure(result);
    send(response, code, body);
  });
  router.get('/status', (_request, response) => {
    const statuses = engine.commandStatuses();
    response.json({
      commandStatuses: Object.fromEntries([...statuses].map(([id, status]) => [id, status.status])),
    });
  });
  router.get('/status/:type/:entity/:action', (request, response) => {
    const { type, entity, action } = request.params;
    const status = engine.commandStatuses().get(`${type}/${entity}/${action}`);
    if (status === undefined) throw new KsqlError(40400, 'Command not found');
    response.json(status);
  });
  router.get('/is_valid_property/:name', (_request, response) => response.json(true));
}

function queryRoutes(router: Router, engine: QueryEngine, http: HttpClient | null): void {
  router.post('/query', async (request, response) => {
    await sentOn(http, { request, response }, () => answerQuery(engine, { request, response }, 'ksql', 'streamed'));
  });
  router.post('/query-stream', async (request, response) => {
    await sentOn(http, { request, response }, () => answerQuery(engine, { request, response }, 'sql', 'delimited'));
  });
  router.post('/close-query', async (request, response) => {
    const { queryId } = bodyOf(request);
    if (!(await engine.closeQuery(String(queryId)))) throw new KsqlError(40000, `No query with id ${String(queryId)}`);
    response.status(200).end();
  });
  router.post('/inserts-stream', () => {
    throw new KsqlError(40004, 'This endpoint is only available when using HTTP2');
  });
}

async function answerQuery(
  engine: QueryEngine,
  exchange: { readonly request: Request; readonly response: Response },
  field: 'ksql' | 'sql',
  fallback: StreamForm,
): Promise<void> {
  const { request, response } = exchange;
  const asked = statementRequest(bodyOf(request), field);
  const form = streamForm(request, fallback);
  if (asked.sequenceNumber !== null) await engine.applied(asked.sequenceNumber);
  const options = { properties: asked.properties, variables: asked.variables };
  if (/^\s*print\b/i.test(asked.text)) {
    await sendLines(engine, exchange, { text: asked.text, options });
    return;
  }
  if (engine.pushQueries >= PUSH_QUERIES_MAX) {
    throw new KsqlError(40003, `There are ${PUSH_QUERIES_MAX} open push queries already; close one first.`);
  }
  const stream = await engine.select(asked.text, options);
  await sendRows(request, response, stream, form);
}

async function sendLines(
  engine: QueryEngine,
  { response }: { readonly response: Response },
  asked: { readonly text: string; readonly options: Parameters<QueryEngine['print']>[1] },
): Promise<void> {
  const stream = await engine.print(asked.text, asked.options);
  response.on('close', () => {
    void stream.close();
  });
  try {
    response.status(200).setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.flushHeaders();
    for await (const lines of stream.lines()) response.write(`${lines.join('\n')}\n`);
    response.end();
  } finally {
    await stream.close();
  }
}
