// The JSON shapes of requests and answers, by name: `components.schemas` of the OpenAPI document.
import { FLAG, listOf, mapOf, object, oneOf, orNull, ref, type Schema, TEXT, WHOLE } from './operation.ts';

const STATE = oneOf('RUNNING', 'PAUSED', 'STOPPED', 'FAILED', 'UNASSIGNED', 'RESTARTING');
const KIND = oneOf('source', 'sink', 'unknown');
const ANY_OBJECT: Schema = { type: 'object' };
const WARNINGS: Schema = {
  ...listOf(TEXT),
  description: 'What is most likely a slip, and not counted as an error. With `details`.',
};
const TIME: Schema = { type: 'string', format: 'date-time' };

const CONNECT: Readonly<Record<string, Schema>> = {
  Error: object({
    error_code: { type: 'integer', description: 'The HTTP status.' },
    message: { type: 'string', description: 'What happened, where, and what to do.' },
  }),
  ServerInfo: object({ version: TEXT, commit: TEXT, kafka_cluster_id: TEXT }),
  WorkerStatus: object({ status: oneOf('healthy', 'starting', 'unhealthy'), message: TEXT }),
  Readiness: object({
    status: oneOf('ready', 'not ready', 'starting'),
    checks: mapOf(object({ ok: FLAG, message: TEXT, ms: { type: 'number' } }, ['message', 'ms'])),
  }),
  ConnectorConfig: mapOf({ type: ['string', 'number', 'boolean', 'null'] }),
  ConnectorInfo: object({
    name: TEXT,
    config: mapOf(orNull(TEXT)),
    tasks: listOf(object({ connector: TEXT, task: WHOLE })),
    type: KIND,
  }),
  WrittenConnector: object(
    {
      name: TEXT,
      config: mapOf(orNull(TEXT)),
      tasks: listOf(object({ connector: TEXT, task: WHOLE })),
      type: KIND,
      warnings: WARNINGS,
    },
    ['warnings'],
  ),
  CreateConnector: object(
    { name: TEXT, config: ref('ConnectorConfig'), initial_state: oneOf('RUNNING', 'PAUSED', 'STOPPED') },
    ['initial_state'],
  ),
  State: object({ state: STATE, worker_id: TEXT, trace: TEXT, version: orNull(TEXT) }, ['trace', 'version']),
  TaskState: object(
    {
      id: WHOLE,
      state: STATE,
      worker_id: TEXT,
      trace: TEXT,
      version: orNull(TEXT),
      restarts_at: {
        ...orNull({ type: 'number' }),
        description: 'When it is restarted by itself: milliseconds since the epoch; null: it is not. With `details`.',
      },
      restart_attempts: { type: 'integer', description: 'How often it was restarted by itself. With `details`.' },
      retrying: {
        ...orNull(
          object({
            stage: {
              ...TEXT,
              description:
                'What fails: of a source `poll` or `write`; of a sink `topics`, `read`, `decode`, `record`, `put` or `flush`; `task`: the plugin tells it of itself.',
            },
            since: { ...TEXT, description: 'When the first attempt failed: ISO 8601, UTC.' },
            attempts: WHOLE,
            message: { ...TEXT, description: 'Why the last attempt failed.' },
          }),
        ),
        description:
          'What the task fails at and tries again by itself, RUNNING all the while; null: nothing, or the task runs on another worker. With `details`.',
      },
    },
    ['trace', 'version', 'restarts_at', 'restart_attempts', 'retrying'],
  ),
  StatusSummary: object({
    state: { ...TEXT, description: 'A state, or DEGRADED: the connector runs and some of its tasks do not.' },
    tasks: mapOf(WHOLE),
    cause: { ...orNull(TEXT), description: 'First line of what is wrong, or what is being tried again.' },
  }),
  ConnectorStatus: object(
    {
      name: TEXT,
      connector: ref('State'),
      tasks: listOf(ref('TaskState')),
      type: KIND,
      summary: { ...ref('StatusSummary'), description: 'With `details`.' },
    },
    ['summary'],
  ),
  ExpandedConnector: object(
    { status: ref('ConnectorStatus'), info: ref('ConnectorInfo'), summary: ref('StatusSummary') },
    ['status', 'info', 'summary'],
  ),
  TaskInfo: object({ id: object({ connector: TEXT, task: WHOLE }), config: mapOf(orNull(TEXT)) }),
  Offsets: object({
    offsets: listOf(object({ partition: ANY_OBJECT, offset: orNull(ANY_OBJECT), lag: ref('PartitionLag') }, ['lag'])),
  }),
  PartitionLag: object({
    end: { type: 'integer', description: 'Where the partition ends.' },
    records: { type: 'integer', description: 'Records to be done, at most.' },
    milliseconds: { ...orNull({ type: 'number' }), description: 'Age of the oldest of them, at most.' },
  }),
  PlannedOffset: object({
    topic: TEXT,
    partition: WHOLE,
    now: { ...orNull(WHOLE), description: 'Null: nothing is committed.' },
    after: WHOLE,
    readAgain: { type: 'integer', description: 'Records read again (positive) or passed over (negative), at most.' },
  }),
  Plugin: object({ class: TEXT, type: TEXT, version: orNull(TEXT) }, ['version']),
  ConfigKey: object({
    name: TEXT,
    type: oneOf('BOOLEAN', 'CLASS', 'DOUBLE', 'INT', 'LIST', 'LONG', 'PASSWORD', 'SHORT', 'STRING'),
    required: FLAG,
    default_value: orNull(TEXT),
    importance: oneOf('LOW', 'MEDIUM', 'HIGH'),
    documentation: TEXT,
    group: orNull(TEXT),
    width: oneOf('SHORT', 'MEDIUM', 'LONG', 'NONE'),
    display_name: TEXT,
    dependents: listOf(TEXT),
    order: WHOLE,
  }),
  ConfigValue: object({
    name: TEXT,
    value: orNull(TEXT),
    recommended_values: listOf(TEXT),
    errors: listOf(TEXT),
    visible: FLAG,
  }),
  ConfigInfos: object(
    {
      name: TEXT,
      error_count: WHOLE,
      groups: listOf(TEXT),
      configs: listOf(object({ definition: orNull(ref('ConfigKey')), value: ref('ConfigValue') })),
      warnings: WARNINGS,
    },
    ['warnings'],
  ),
  LoggerLevel: object({ level: orNull(TEXT), last_modified: orNull({ type: 'number' }) }),
};

const BACKFILLS: Readonly<Record<string, Schema>> = {
  BackfillJob: object({ name: TEXT, backfill: ANY_OBJECT, rerun: FLAG }, ['rerun']),
  Backfill: object({
    name: TEXT,
    id: TEXT,
    source: listOf(TEXT),
    into: TEXT,
    state: oneOf('planned', 'checking', 'loading', 'waiting', 'released', 'failed', 'cancelled'),
    note: orNull(TEXT),
    error: orNull(TEXT),
    rows: WHOLE,
    rowsTotal: orNull(WHOLE),
    bytes: WHOLE,
    bytesTotal: WHOLE,
    rowsPerSecond: { type: 'number' },
    secondsLeft: orNull({ type: 'number' }),
    badRows: WHOLE,
    badRowReports: listOf(ANY_OBJECT),
    waitingFor: listOf(TEXT),
    files: listOf(ANY_OBJECT),
    submittedMs: { type: 'number' },
    finishedMs: orNull({ type: 'number' }),
  }),
};

const PLACE = object({ topic: TEXT, partition: orNull(WHOLE), offset: orNull(WHOLE) });

const DEAD_LETTERS: Readonly<Record<string, Schema>> = {
  DeadLetterTopic: object({
    connector: TEXT,
    topic: TEXT,
    exists: FLAG,
    letters: { type: 'integer', description: 'Letters in the topic, those of connectors that share it too.' },
    replayed: WHOLE,
    newest: orNull({ ...TIME, description: "Time of the newest letter's record." }),
    sharedWith: listOf(TEXT),
  }),
  ShownBytes: object(
    {
      as: oneOf('json', 'text', 'hex'),
      text: TEXT,
      bytes: { type: 'integer', description: 'Length of the whole.' },
      truncated: FLAG,
      decodeError: { type: 'string', description: 'Why the converter could not read it.' },
    },
    ['decodeError'],
  ),
  DeadLetter: object(
    {
      letter: { type: 'string', description: '<topic>-<partition>-<offset>' },
      topic: TEXT,
      partition: WHOLE,
      offset: WHOLE,
      timestamp: orNull(TIME),
      original: { ...orNull(PLACE), description: 'Null: the letter has no context headers.' },
      connector: orNull(TEXT),
      task: orNull(TEXT),
      stage: orNull(TEXT),
      class: orNull(TEXT),
      exception: orNull(TEXT),
      message: orNull(TEXT),
      stack: orNull(TEXT),
      replayed: FLAG,
      replayedFrom: {
        ...orNull(TEXT),
        description: 'The letter that this one was replayed from before it failed again.',
      },
      answer: {
        ...object({ status: WHOLE, body: TEXT }),
        description: 'What the target answered over HTTP when it refused the record.',
      },
      key: orNull(ref('ShownBytes')),
      value: orNull(ref('ShownBytes')),
      headers: listOf(object({ name: TEXT, value: orNull(ref('ShownBytes')) })),
    },
    ['stack', 'answer'],
  ),
  DeadLetterPage: object({
    connector: TEXT,
    topic: TEXT,
    letters: listOf(ref('DeadLetter')),
    scanned: { type: 'integer', description: 'Letters that were looked at for this page.' },
    cursor: { ...orNull(TEXT), description: 'Goes on with older letters; null: there are none.' },
  }),
  DeadLetterFilter: object(
    {
      from: { type: ['string', 'number'] },
      to: { type: ['string', 'number'] },
      stage: TEXT,
      exception: TEXT,
      topic: TEXT,
      partition: WHOLE,
      replayed: FLAG,
    },
    ['from', 'to', 'stage', 'exception', 'topic', 'partition', 'replayed'],
  ),
  ReplayRequest: object(
    {
      letters: { ...listOf(TEXT), maxItems: 1000 },
      filter: ref('DeadLetterFilter'),
      all: FLAG,
      to: { type: 'string', default: 'connector' },
      dryRun: { type: 'boolean', default: false },
      again: { type: 'boolean', default: false },
      limit: { type: 'integer', default: 1000, maximum: 10000 },
      cursor: orNull(TEXT),
    },
    ['letters', 'filter', 'all', 'to', 'dryRun', 'again', 'limit', 'cursor'],
  ),
  ReplayReport: object({
    connector: TEXT,
    dryRun: FLAG,
    to: { type: 'string', description: 'The topic, or "original".' },
    replayed: { type: 'integer', description: 'Letters written; in a dry run those that would be.' },
    alreadyReplayed: WHOLE,
    unknownOrigin: { type: 'integer', description: 'Letters that do not tell their original topic.' },
    tooLarge: WHOLE,
    scanned: WHOLE,
    plan: listOf(object({ letter: TEXT, topic: TEXT, partition: WHOLE })),
    remaining: { type: 'integer', description: 'Letters at most that are still to be looked at.' },
    cursor: { ...orNull(TEXT), description: 'Send it again to go on; null: all is done.' },
    notes: listOf(TEXT),
  }),
};

const OVERVIEW: Readonly<Record<string, Schema>> = {
  Overview: object({
    version: TEXT,
    upMs: { type: 'number' },
    asOfMs: { type: 'number' },
    stale: { type: 'boolean' },
    adapters: mapOf(TEXT),
    pipelines: listOf(ANY_OBJECT),
    connectors: listOf(ANY_OBJECT),
    queries: listOf(ANY_OBJECT),
    backfills: listOf(ANY_OBJECT),
    errors: listOf(object({ atMs: { type: 'number' }, where: TEXT, message: TEXT })),
    graph: object({ nodes: listOf(ANY_OBJECT), edges: listOf(object({ from: TEXT, to: TEXT })), layout: ANY_OBJECT }),
  }),
};

/** All shapes by name. */
export const API_SCHEMAS: Readonly<Record<string, Schema>> = {
  ...CONNECT,
  ...BACKFILLS,
  ...DEAD_LETTERS,
  ...OVERVIEW,
};
