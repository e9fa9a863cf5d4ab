// The lineage graph: from the outside through topics, queries and connectors to the outside. Rebuilt from facts at each look, never stored.

/** A connector as lineage sees it. */
export interface ConnectorFact {
  readonly name: string;
  readonly kind: 'source' | 'sink' | 'processor';
  readonly className: string;
  /** Roll-up of connector and tasks: RUNNING, PAUSED, STOPPED, FAILED, DEGRADED, UNASSIGNED. */
  readonly state: string;
  readonly tasks: readonly {
    readonly id: number;
    readonly state: string;
    readonly trace: string | null;
    /** What it fails at and tries again, in one line. */
    readonly retrying: string | null;
  }[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  /** What it is outside, e.g. "Braze · first_order". Null for processors that stay within the cluster. */
  readonly outside: string | null;
  readonly counters: Readonly<Record<string, number>>;
  /** Records still to be read; null when unknown. */
  readonly lag: number | null;
}

/** A persistent query. */
export interface QueryFact {
  readonly id: string;
  /** The connector that owns it, null when it came over HTTP. */
  readonly connector: string | null;
  readonly statement: string;
  /** Name of the stream or table it makes. */
  readonly sink: string;
  readonly state: string;
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly rowsIn: number;
  readonly rowsOut: number;
  readonly rowsSkipped: number;
  readonly firstError: string | null;
  readonly lag: number | null;
}

/** A back-fill job. */
export interface BackfillFact {
  readonly name: string;
  readonly source: string;
  /** planned, loading, waiting for tables, released, failed, cancelled. */
  readonly step: string;
  readonly rowsDone: number;
  readonly rowsTotal: number | null;
  readonly into: string | null;
  readonly error: string | null;
}

export interface Facts {
  readonly connectors: readonly ConnectorFact[];
  readonly queries: readonly QueryFact[];
  readonly backfills: readonly BackfillFact[];
}

export type NodeKind = 'outside' | 'connector' | 'query' | 'topic' | 'backfill';

export interface LineageNode {
  readonly id: string;
  readonly kind: NodeKind;
  readonly title: string;
  /** Second line: class, statement kind, step. */
  readonly detail: string;
  readonly state: string | null;
  /** Figures shown on the node, in order. */
  readonly figures: readonly (readonly [label: string, value: number])[];
}
export interface LineageEdge {
  readonly from: string;
  readonly to: string;
}
export interface LineageGraph {
  readonly nodes: readonly LineageNode[];
  readonly edges: readonly LineageEdge[];
}

/** Builds the graph. Topics appear by being read or written. Connectors whose work is queries stand in the graph through these. */
export function lineageGraph(facts: Facts): LineageGraph {
  const nodes = new Map<string, LineageNode>();
  const edges = new Map<string, LineageEdge>();
  const add = (node: LineageNode) => nodes.set(node.id, node);
  const topic = (name: string): string => {
    const id = `topic:${name}`;
    if (!nodes.has(id)) add({ id, kind: 'topic', title: name, detail: 'topic', state: null, figures: [] });
    return id;
  };
  const edge = (from: string, to: string) => edges.set(`${from} ${to}`, { from, to });
  const owners = new Set(facts.queries.map((query) => query.connector));
  for (const connector of facts.connectors) {
    if (connector.kind === 'processor' && owners.has(connector.name)) continue;
    const id = `connector:${connector.name}`;
    add(connectorNode(id, connector));
    for (const name of connector.reads) edge(topic(name), id);
    for (const name of connector.writes) edge(id, topic(name));
    if (connector.outside !== null) {
      const outside = `outside:${connector.outside}`;
      add({ id: outside, kind: 'outside', title: connector.outside, detail: connector.kind, state: null, figures: [] });
      if (connector.kind === 'sink') edge(id, outside);
      else edge(outside, id);
    }
  }
  for (const query of facts.queries) {
    const id = `query:${query.id}`;
    add(queryNode(id, query));
    for (const name of query.reads) edge(topic(name), id);
    for (const name of query.writes) edge(id, topic(name));
  }
  for (const backfill of facts.backfills) {
    const id = `backfill:${backfill.name}`;
    add(backfillNode(id, backfill));
    if (backfill.into !== null) edge(id, topic(backfill.into));
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function connectorNode(id: string, connector: ConnectorFact): LineageNode {
  const { counters } = connector;
  const figures: [string, number][] = [];
  const shown: readonly (readonly [counter: string, label: string])[] = [
    ['records_read', 'read'],
    ['records_written', 'written'],
    ['events_accepted', 'accepted'],
  ];
  const whenAny: typeof shown = [
    ['events_rejected', 'rejected'],
    ['records_failed', 'failed'],
  ];
  for (const [counter, label] of shown) if (counters[counter] !== undefined) figures.push([label, counters[counter]]);
  for (const [counter, label] of whenAny)
    if ((counters[counter] ?? 0) > 0) figures.push([label, counters[counter] ?? 0]);
  if (connector.lag !== null && connector.lag > 0) figures.push(['lag', connector.lag]);
  return { id, kind: 'connector', title: connector.name, detail: connector.className, state: connector.state, figures };
}

function queryNode(id: string, query: QueryFact): LineageNode {
  const figures: [string, number][] = [
    ['in', query.rowsIn],
    ['out', query.rowsOut],
  ];
  if (query.rowsSkipped > 0) figures.push(['skipped', query.rowsSkipped]);
  if (query.lag !== null && query.lag > 0) figures.push(['lag', query.lag]);
  return { id, kind: 'query', title: query.sink, detail: query.id, state: query.state, figures };
}

function backfillNode(id: string, backfill: BackfillFact): LineageNode {
  const figures: [string, number][] = [['rows', backfill.rowsDone]];
  const state = backfill.error !== null ? 'FAILED' : backfill.step === 'released' ? 'DONE' : 'RUNNING';
  return { id, kind: 'backfill', title: backfill.name, detail: `back-fill · ${backfill.step}`, state, figures };
}

/** Sink connectors with the topics upstream of them: what a person calls a pipeline. */
export interface PipelineFact {
  readonly name: string;
  /** Rows that entered the queries which read from outside the pipeline, or the sink itself when there are none. */
  readonly recordsRead: number;
  readonly rowsOut: number;
  readonly accepted: number;
  readonly errors: number;
  readonly state: string;
  readonly lag: number;
}

/** Follows each sink connector upstream and sums what belongs to its pipeline. */
export function pipelines(facts: Facts): readonly PipelineFact[] {
  return facts.connectors.filter(({ kind }) => kind === 'sink').map((sink) => pipelineOf(sink, facts));
}

function pipelineOf(sink: ConnectorFact, facts: Facts): PipelineFact {
  const upstream = upstreamOf(sink.reads, facts);
  const { counters } = sink;
  const first = [...upstream.queries, ...upstream.processors];
  // A join of a topic with a table of the pipeline is a first query too: some of its input comes from outside.
  const read = first.filter(({ reads }) => !reads.every((topic) => first.some(({ writes }) => writes.includes(topic))));
  const recordsRead = first.length === 0 ? (counters['records_read'] ?? 0) : sum(read.map(rowsInOf));
  const last = first.filter(({ writes }) => writes.some((topic) => sink.reads.includes(topic)));
  const states = [sink.state, ...first.map(({ state }) => state)];
  return {
    name: sink.name,
    recordsRead,
    rowsOut: last.length === 0 ? (counters['records_read'] ?? 0) : sum(last.map(rowsOutOf)),
    accepted: counters['events_accepted'] ?? counters['records_written'] ?? 0,
    errors: sum([counters['events_rejected'] ?? 0, counters['records_failed'] ?? 0, ...first.map(errorsOf)]),
    state: states.find((state) => state === 'FAILED' || state === 'ERROR') ?? sink.state,
    lag: sum([sink.lag ?? 0, ...first.map(({ lag }) => lag ?? 0)]),
  };
}

function upstreamOf(
  topics: readonly string[],
  facts: Facts,
): { readonly queries: readonly QueryFact[]; readonly processors: readonly ConnectorFact[] } {
  const queries = new Set<QueryFact>();
  const processors = new Set<ConnectorFact>();
  const open = [...topics];
  const seen = new Set(open);
  const owners = new Set(facts.queries.map((query) => query.connector));
  const visit = (reads: readonly string[]) => {
    for (const read of reads) if (!seen.has(read) && seen.add(read)) open.push(read);
  };
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const query of facts.queries)
      if (query.writes.includes(name) && !queries.has(query) && queries.add(query)) visit(query.reads);
    for (const connector of facts.connectors) {
      if (connector.kind !== 'processor' || owners.has(connector.name) || !connector.writes.includes(name)) continue;
      if (!processors.has(connector) && processors.add(connector)) visit(connector.reads);
    }
  }
  return { queries: [...queries], processors: [...processors] };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
function rowsInOf(fact: QueryFact | ConnectorFact): number {
  return 'rowsIn' in fact ? fact.rowsIn : (fact.counters['records_read'] ?? 0);
}
function rowsOutOf(fact: QueryFact | ConnectorFact): number {
  return 'rowsOut' in fact ? fact.rowsOut : (fact.counters['records_written'] ?? 0);
}
function errorsOf(fact: QueryFact | ConnectorFact): number {
  return 'rowsSkipped' in fact ? fact.rowsSkipped : (fact.counters['records_failed'] ?? 0);
}
