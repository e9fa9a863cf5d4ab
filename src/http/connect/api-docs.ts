// What Kafka Connect's routes take and answer, in words: see `operation.ts`.
import { FLAG, listOf, mapOf, type Operations, object, oneOf, ref, TEXT } from '../operation.ts';

const DETAILS = (doc: string) => ({
  details: { schema: FLAG, doc: `${doc} Default false: what Kafka Connect answers.` },
});
const RESTARTS = DETAILS('Adds when failed tasks restart by themselves, how often they did, and a summary.');
const SLIPS = DETAILS('Adds `warnings`: what in the config is most likely a slip.');
const WRITTEN = { doc: 'The connector.', schema: ref('WrittenConnector') };
const INFO = { doc: 'The connector.', schema: ref('ConnectorInfo') };
const STATUS = { doc: 'The status: what will be restarted shows as RESTARTING.', schema: ref('ConnectorStatus') };
const UNKNOWN = { 404: 'There is no connector of that name.' };
const REBALANCE = { 409: 'The workers share out work anew; ask again shortly.' };
const INVALID = { 400: 'The config is refused: every faulty setting with what is wrong.' };
const CONFIG_BODY = {
  schema: ref('ConnectorConfig'),
  example: { 'connector.class': 'FileStreamSink', topics: 'orders' },
};
const MOVED = { doc: 'What was done.', schema: object({ message: TEXT }) };
const NOT_STOPPED = { 400: 'The connector is not STOPPED, or the offsets are malformed.' };

/** `/`, `/health…`, `/metrics`. */
export const WORKER_OPERATIONS: Operations = {
  'GET /': {
    id: 'getWorker',
    summary: 'Version of the API and the cluster it belongs to.',
    answers: { 200: { doc: 'The worker.', schema: ref('ServerInfo') } },
  },
  'GET /health': {
    id: 'getHealth',
    summary: '200 when the worker is up, 503 while it starts.',
    answers: {
      200: { doc: 'Up.', schema: ref('WorkerStatus') },
      503: { doc: 'Starting.', schema: ref('WorkerStatus') },
    },
  },
  'GET /health/live': {
    id: 'getLiveness',
    summary: 'The process answers. Asks nothing of the outside.',
    answers: { 200: { doc: 'Live.', schema: object({ status: TEXT }) } },
  },
  'GET /health/ready': {
    id: 'getReadiness',
    summary: 'Whether requests can be answered: the config is read and the brokers are there.',
    answers: { 200: { doc: 'Ready.', schema: ref('Readiness') }, 503: { doc: 'Not ready.', schema: ref('Readiness') } },
  },
  'GET /health/startup': {
    id: 'getStartup',
    summary: 'Whether the worker has come up.',
    answers: {
      200: { doc: 'It has.', schema: object({ status: TEXT }) },
      503: { doc: 'Not yet.', schema: object({ status: TEXT }) },
    },
  },
  'GET /metrics': {
    id: 'getMetrics',
    summary: 'Figures in the text form of Prometheus.',
    answers: { 200: { doc: 'Figures.', schema: TEXT, type: 'text/plain' } },
  },
};

const CONNECTORS: Operations = {
  'GET /connectors': {
    id: 'listConnectors',
    summary: 'Names of all connectors.',
    doc: 'With `expand`, an object by name instead, each with `status`, `info` and `summary` (one word, counts, first line of what is wrong) as asked. Repeat the parameter for both.',
    query: {
      expand: { schema: listOf(oneOf('status', 'info', 'summary')), doc: 'What to answer of each.' },
      ...RESTARTS,
    },
    answers: {
      200: {
        doc: 'Names, or with `expand` an object by name.',
        schema: { anyOf: [listOf(TEXT), mapOf(ref('ExpandedConnector'))] },
      },
    },
  },
  'POST /connectors': {
    id: 'createConnector',
    summary: 'Creates a connector.',
    query: SLIPS,
    body: {
      schema: ref('CreateConnector'),
      example: { name: 'orders-file', config: { 'connector.class': 'FileStreamSink', topics: 'orders' } },
    },
    answers: { 201: { doc: 'Created; its tasks are made later.', schema: ref('WrittenConnector') } },
    errors: { ...INVALID, 409: 'The name is taken, or the workers share out work anew.' },
  },
  'GET /connectors/:name': {
    id: 'getConnector',
    summary: 'Config and tasks of a connector.',
    answers: { 200: INFO },
    errors: UNKNOWN,
  },
  'DELETE /connectors/:name': {
    id: 'deleteConnector',
    summary: 'Deletes a connector. Its offsets stay.',
    answers: { 204: { doc: 'Deleted.' } },
    errors: { ...UNKNOWN, ...REBALANCE },
  },
  'GET /connectors/:name/config': {
    id: 'getConnectorConfig',
    summary: 'The config; secrets are hidden.',
    answers: { 200: { doc: 'The config.', schema: ref('ConnectorConfig') } },
    errors: UNKNOWN,
  },
  'PUT /connectors/:name/config': {
    id: 'putConnectorConfig',
    summary: 'Creates a connector or replaces its config.',
    doc: 'A hidden secret that is sent back stands for the one that is stored.',
    query: SLIPS,
    body: CONFIG_BODY,
    answers: { 200: { ...WRITTEN, doc: 'Updated.' }, 201: { ...WRITTEN, doc: 'Created.' } },
    errors: { ...INVALID, ...REBALANCE },
  },
  'PATCH /connectors/:name/config': {
    id: 'patchConnectorConfig',
    summary: 'Sets some settings; null removes one.',
    query: SLIPS,
    body: { schema: ref('ConnectorConfig'), example: { 'tasks.max': '4', 'errors.tolerance': null } },
    answers: { 200: WRITTEN },
    errors: { ...INVALID, ...UNKNOWN, ...REBALANCE },
  },
  'GET /connectors/:name/status': {
    id: 'getConnectorStatus',
    summary: 'States of a connector and its tasks, with the cause of what failed.',
    query: RESTARTS,
    answers: { 200: { doc: 'The status.', schema: ref('ConnectorStatus') } },
    errors: { 404: 'There is no such connector, or it has no status yet.' },
  },
  'PUT /connectors/:name/pause': {
    id: 'pauseConnector',
    summary: 'Pauses: tasks stay, but do nothing.',
    answers: { 202: { doc: 'Will be paused.' } },
    errors: UNKNOWN,
  },
  'PUT /connectors/:name/resume': {
    id: 'resumeConnector',
    summary: 'Runs a paused or stopped connector again.',
    answers: { 202: { doc: 'Will be resumed.' } },
    errors: UNKNOWN,
  },
  'PUT /connectors/:name/stop': {
    id: 'stopConnector',
    summary: 'Stops: tasks go, config and offsets stay.',
    answers: { 204: { doc: 'Stopped.' } },
    errors: { ...UNKNOWN, ...REBALANCE },
  },
  'POST /connectors/:name/restart': {
    id: 'restartConnector',
    summary: 'Restarts the connector, and its tasks when that is asked.',
    query: {
      includeTasks: { schema: FLAG, doc: 'Tasks too. Default false.' },
      onlyFailed: { schema: FLAG, doc: 'Only what is FAILED. Default false.' },
      ...RESTARTS,
    },
    answers: { 202: STATUS, 204: { doc: 'Restarted (without either parameter).' } },
    errors: { ...UNKNOWN, ...REBALANCE },
  },
  'GET /connectors/:name/tasks': {
    id: 'listTasks',
    summary: 'Tasks with their configs.',
    answers: { 200: { doc: 'The tasks.', schema: listOf(ref('TaskInfo')) } },
    errors: UNKNOWN,
  },
  'GET /connectors/:name/tasks/:task/status': {
    id: 'getTaskStatus',
    summary: 'State of one task.',
    query: RESTARTS,
    answers: { 200: { doc: 'The state.', schema: ref('TaskState') } },
    errors: { 404: 'There is no such task.' },
  },
  'POST /connectors/:name/tasks/:task/restart': {
    id: 'restartTask',
    summary: 'Restarts one task.',
    answers: { 204: { doc: 'Restarted.' } },
    errors: { 404: 'There is no such task.', ...REBALANCE },
  },
  'GET /connectors/:name/topics': {
    id: 'getTopics',
    summary: 'Topics that the connector has read or written.',
    doc: 'An unknown connector has none.',
    answers: { 200: { doc: 'Topics by connector.', schema: mapOf(object({ topics: listOf(TEXT) })) } },
    errors: { 403: 'Topic tracking is off.' },
  },
  'PUT /connectors/:name/topics/reset': {
    id: 'resetTopics',
    summary: 'Forgets these topics; those in use come again.',
    answers: { 202: { doc: 'Will be forgotten.' } },
    errors: { 403: 'Topic tracking, or its reset, is off.' },
  },
};

const OFFSETS: Operations = {
  'GET /connectors/:name/offsets': {
    id: 'getOffsets',
    summary: 'Committed offsets: of a source, its own; of a sink, those of its consumer group.',
    query: {
      ...DETAILS('Adds to each partition of a sink its end, and how far behind it is.'),
      lag: { schema: FLAG, doc: 'The same as `details`.' },
    },
    answers: { 200: { doc: 'The offsets.', schema: ref('Offsets') } },
    errors: UNKNOWN,
  },
  'PATCH /connectors/:name/offsets': {
    id: 'alterOffsets',
    summary: 'Sets offsets of a stopped connector; null forgets one.',
    body: {
      schema: ref('Offsets'),
      example: {
        offsets: [{ partition: { kafka_topic: 'orders', kafka_partition: 0 }, offset: { kafka_offset: 17 } }],
      },
    },
    answers: { 200: MOVED },
    errors: { ...NOT_STOPPED, ...UNKNOWN },
  },
  'DELETE /connectors/:name/offsets': {
    id: 'resetOffsets',
    summary: 'Forgets all offsets of a stopped connector.',
    answers: { 200: MOVED },
    errors: { ...NOT_STOPPED, ...UNKNOWN },
  },
};

const PLUGINS: Operations = {
  'GET /connector-plugins': {
    id: 'listPlugins',
    summary: 'Installed plugins.',
    query: { connectorsOnly: { schema: FLAG, doc: 'False: transforms, predicates and converters too. Default true.' } },
    answers: { 200: { doc: 'The plugins.', schema: listOf(ref('Plugin')) } },
  },
  'GET /connector-plugins/:plugin/config': {
    id: 'getPluginConfig',
    summary: 'Settings of a plugin of any kind.',
    query: { version: { schema: TEXT, doc: 'A version or a range of versions.' } },
    answers: { 200: { doc: 'The settings.', schema: listOf(ref('ConfigKey')) } },
    errors: { 404: 'There is no such plugin.' },
  },
  'PUT /connector-plugins/:plugin/config/validate': {
    id: 'validateConfig',
    summary: 'Checks a config without creating anything. 200 also when it is faulty: look at `error_count`.',
    query: SLIPS,
    body: CONFIG_BODY,
    answers: { 200: { doc: 'Every setting with its errors.', schema: ref('ConfigInfos') } },
    errors: { 400: 'The body is of another class than the path, or names none.' },
  },
};

const LOGGERS: Operations = {
  'GET /admin/loggers': {
    id: 'listLoggers',
    summary: 'Loggers and their levels.',
    answers: { 200: { doc: 'Levels by logger.', schema: mapOf(ref('LoggerLevel')) } },
  },
  'GET /admin/loggers/:logger': {
    id: 'getLogger',
    summary: 'Level of one logger.',
    answers: { 200: { doc: 'The level.', schema: ref('LoggerLevel') } },
    errors: { 404: 'There is no such logger.' },
  },
  'PUT /admin/loggers/:logger': {
    id: 'setLogger',
    summary: 'Sets the level of a logger and those below it, until the worker restarts.',
    query: { scope: { schema: oneOf('worker', 'cluster'), doc: 'This worker, or all. Default worker.' } },
    body: {
      schema: object({ level: oneOf('OFF', 'FATAL', 'ERROR', 'WARN', 'INFO', 'DEBUG', 'TRACE', 'ALL') }),
      example: { level: 'DEBUG' },
    },
    answers: {
      200: { doc: 'Names of the loggers that changed.', schema: listOf(TEXT) },
      204: { doc: 'Told to all workers.' },
    },
    errors: { 400: 'No level is given.', 404: 'There is no such level.' },
  },
};

/** Calls between workers, signed with the cluster's session key. */
const INTERNAL: Operations = {
  'POST /connectors/:name/tasks': {
    id: 'putTaskConfigs',
    internal: true,
    summary: 'Task configs, from the worker that runs the connector to the leader.',
    body: { schema: listOf(mapOf(TEXT)) },
    answers: { 204: { doc: 'Stored.' } },
    errors: { 400: 'The call is not signed.', 403: 'The signature is wrong.', 503: 'There is no session key yet.' },
  },
  'PUT /connectors/:name/fence': {
    id: 'fenceTasks',
    internal: true,
    summary: 'Fences older tasks of an exactly-once source.',
    body: { schema: { type: ['object', 'array', 'null'] } },
    answers: { 204: { doc: 'Fenced.' } },
    errors: { 400: 'The call is not signed.', 403: 'The signature is wrong.', 503: 'There is no session key yet.' },
  },
};

/** `/connectors`, `/connector-plugins`, `/admin/loggers`. */
export const CONNECT_OPERATIONS: Operations = { ...CONNECTORS, ...OFFSETS, ...PLUGINS, ...LOGGERS, ...INTERNAL };
