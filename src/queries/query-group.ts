// What an engine is told that shares its queries with other hosts.

/** The engine's side of a host's place in a group. */
export interface QueryGroup {
  /** How this host names itself to people: `host:port`. */
  readonly hostId: string;
  /** Where other hosts reach its ksqlDB listener; null: it has none. */
  readonly url: string | null;
  /** The query, which no connector owns, is to run here. */
  owns(queryId: string): boolean;
  /** False when others may own by now what was owned here. */
  mayWork(): boolean;
  /** There are other queries to be shared out than before. */
  workChanged(): void;
}
