// Work beside connectors that a group shares out: queries, back-fills. They are known by name alone; who lends them runs them.

/** What the herder asks of those who lend work. */
export interface OtherWork {
  /** Names of all that should run somewhere now. */
  work(): readonly string[];
  /** What runs here or may still be stopping. */
  held(): readonly string[];
  /** What is owned of these has changed: brings them in line; resolves when what is not owned has stopped. */
  settle(names: Iterable<string>): Promise<void>;
}

/** What those who lend work ask of the herder. */
export interface OtherSeat {
  /** It is to run here. */
  owns(name: string): boolean;
  /** False when others may own by now what was owned here. */
  mayWork(): boolean;
  /** There is other work to be shared out than before. */
  workChanged(): void;
}
