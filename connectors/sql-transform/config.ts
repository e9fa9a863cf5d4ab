// Settings of SqlTransform: declared once; validation, docs and the form in the page read this list.
import type { ConfigDef } from 'tributary/connect';

/** Settings under this prefix are ksqlDB properties of the statements, e.g. `sql.properties.auto.offset.reset`. */
export const PROPERTIES_PREFIX = 'sql.properties.';

export const CONFIG: ConfigDef = [
  {
    name: 'sql',
    type: 'STRING',
    fallback: null,
    importance: 'HIGH',
    group: 'Statements',
    order: 1,
    width: 'LONG',
    displayName: 'SQL',
    doc: 'Statements to run, in the SQL of ksqlDB. Give either this or sql.file.',
  },
  {
    name: 'sql.file',
    type: 'STRING',
    fallback: null,
    importance: 'HIGH',
    group: 'Statements',
    order: 2,
    width: 'LONG',
    displayName: 'SQL file',
    doc: "File with the statements, relative to the worker's folder. It is read again at each start of the connector: statements that stand are left alone, changed ones are replaced.",
  },
  {
    name: 'start.after.backfill',
    type: 'STRING',
    fallback: null,
    importance: 'MEDIUM',
    group: 'Start',
    order: 1,
    width: 'MEDIUM',
    displayName: 'Start after back-fill',
    doc: 'Name of a back-fill job. Nothing is executed before the job has loaded its files and the tables it waits for have caught up.',
  },
  {
    name: 'sql.wait.for.sources.ms',
    type: 'LONG',
    fallback: 60_000,
    importance: 'LOW',
    group: 'Start',
    order: 2,
    width: 'SHORT',
    displayName: 'Wait for sources',
    doc: 'How long to wait at start for topics, schemas and sources that the statements name and that are not there yet, before the task fails.',
    check: (value) => (typeof value === 'number' && value < 0 ? 'must be at least 0' : null),
  },
];
