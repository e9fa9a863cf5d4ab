// The syntax tree of the ksqlDB language. Names, types and expressions stand in expression-nodes.ts, queries and statements in
// statement-nodes.ts; everyone outside of the parser's folder imports them from here.
export type * from './expression-nodes.ts';
export type * from './statement-nodes.ts';
