// PUBLIC: `tributary/sql`. The SQL engine of a host, for HTTP, the command line, SqlTransform and back-fills.

export { type CellPrinter, cellPrinter, rowPrinter } from './cell-json.ts';
export { TableElsewhere } from './elsewhere.ts';
export type { CommandStatus } from './entities.ts';
export type { RunState } from './persistent-run.ts';
export { QueryEngine, type QueryEnginePorts } from './query-engine.ts';
export type { QueryGroup } from './query-group.ts';
export type { QueryState, QueryStatus, SourceLag } from './query-status.ts';
export type { QueryError } from './query-tally.ts';
export type {
  Entity,
  ExecuteResult,
  LineStream,
  RowColumn,
  RowStream,
  StatementFailure,
  StatementOptions,
  StreamRow,
} from './results.ts';
export { faultInFile, mayComeTrue, queryCount } from './script-check.ts';
export type { EngineSettings } from './settings.ts';
export type { TargetTopic } from './target-topic.ts';
