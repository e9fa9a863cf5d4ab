import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConnectorFact, type Facts, lineageGraph, pipelines, type QueryFact } from '../../../src/lineage/graph.ts';

const connector = (parts: Partial<ConnectorFact> & { name: string }): ConnectorFact => ({
  kind: 'sink',
  className: 'X',
  state: 'RUNNING',
  tasks: [],
  reads: [],
  writes: [],
  outside: null,
  counters: {},
  lag: 0,
  ...parts,
});
const query = (parts: Partial<QueryFact> & { id: string }): QueryFact => ({
  connector: 'sql',
  statement: '',
  sink: 'S',
  state: 'RUNNING',
  reads: [],
  writes: [],
  rowsIn: 0,
  rowsOut: 0,
  rowsSkipped: 0,
  firstError: null,
  lag: 0,
  ...parts,
});

const FACTS: Facts = {
  connectors: [
    connector({ name: 'capture', kind: 'source', writes: ['raw'], outside: 'MySQL' }),
    connector({ name: 'sql', kind: 'processor' }),
    connector({
      name: 'braze',
      reads: ['out'],
      outside: 'Braze · e',
      counters: { events_accepted: 5, events_rejected: 1 },
    }),
  ],
  queries: [
    query({ id: 'CTAS_T', reads: ['raw'], writes: ['table'], rowsIn: 9, rowsOut: 4 }),
    query({ id: 'CSAS_S', reads: ['raw', 'table'], writes: ['out'], rowsIn: 20, rowsOut: 6, rowsSkipped: 2, lag: 3 }),
  ],
  backfills: [{ name: 'history', source: 'f', step: 'released', rowsDone: 3, rowsTotal: 3, into: 'raw', error: null }],
};

test('a connector whose work is queries stands in the graph through its queries', () => {
  const graph = lineageGraph(FACTS);

  assert.deepEqual(graph.nodes.map(({ id }) => id).sort(), [
    'backfill:history',
    'connector:braze',
    'connector:capture',
    'outside:Braze · e',
    'outside:MySQL',
    'query:CSAS_S',
    'query:CTAS_T',
    'topic:out',
    'topic:raw',
    'topic:table',
  ]);
  assert.ok(graph.edges.some(({ from, to }) => from === 'outside:MySQL' && to === 'connector:capture'));
  assert.ok(graph.edges.some(({ from, to }) => from === 'connector:braze' && to === 'outside:Braze · e'));
});

test('a pipeline counts what enters the queries that read from outside of it, leaves its last one, and was accepted', () => {
  assert.deepEqual(pipelines(FACTS), [
    { name: 'braze', recordsRead: 29, rowsOut: 6, accepted: 5, errors: 3, state: 'RUNNING', lag: 3 },
  ]);
});
