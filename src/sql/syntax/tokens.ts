// Tokens and the words of the language. A word is reserved or it may be a name: one set look-up at the identifier production.
import type { Span } from './ast.ts';

export type TokenKind = 'word' | 'quoted' | 'text' | 'integer' | 'decimal' | 'float' | 'operator' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** word: upper case · quoted and text: the content, unescaped · number: digits as written · operator: itself · end: empty. */
  readonly text: string;
  readonly span: Span;
}

/** Words that need quotes to be a name. */
export const RESERVED: ReadonlySet<string> = new Set(
  `SELECT FROM AS ALL DISTINCT WHERE WITHIN WINDOW GROUP BY HAVING LIMIT AT OR AND IN NOT EXISTS BETWEEN LIKE IS NULL TRUE FALSE
  MILLISECOND YEARS MONTHS DAYS HOURS MINUTES SECONDS MILLISECONDS TUMBLING HOPPING SIZE ADVANCE RETENTION CASE WHEN THEN ELSE END
  JOIN FULL OUTER INNER LEFT RIGHT ON WITH VALUES CREATE TABLE TOPIC STREAM STREAMS INSERT DELETE INTO DESCRIBE EXTENDED PRINT CAST
  LIST TOPICS QUERY QUERIES TERMINATE PAUSE RESUME LOAD DROP TO RENAME SAMPLE EXPORT CATALOG PROPERTIES BEGINNING UNSET RUN SCRIPT
  DECIMAL CONNECTOR CONNECTORS NAMESPACE MATERIALIZED VIEW`.split(/\s+/),
);

/** Words with a meaning of their own that may also be names. */
export const SOFT_KEYWORDS: ReadonlySet<string> = new Set(
  `SHOW TABLES COLUMNS COLUMN PARTITIONS FUNCTIONS FUNCTION SESSION STRUCT MAP ARRAY PARTITION INTEGER DATE TIME TIMESTAMP INTERVAL
  ZONE STRING YEAR MONTH DAY HOUR MINUTE SECOND EXPLAIN ANALYZE TYPE TYPES SET RESET IF SOURCE SINK PRIMARY KEY EMIT CHANGES FINAL
  ESCAPE REPLACE ASSERT ALTER ADD HEADER HEADERS GRACE PERIOD DEFINE UNDEFINE VARIABLES PLUGINS SYSTEM TIMEOUT SCHEMA SUBJECT
  ID`.split(/\s+/),
);

/** First words of statements. */
export const COMMANDS: readonly string[] = [
  'SELECT',
  'CREATE',
  'INSERT',
  'DROP',
  'ALTER',
  'LIST',
  'SHOW',
  'DESCRIBE',
  'EXPLAIN',
  'PRINT',
  'TERMINATE',
  'PAUSE',
  'RESUME',
  'SET',
  'UNSET',
  'DEFINE',
  'UNDEFINE',
  'ASSERT',
];

/** Time units that are reserved words, hence never columns. */
export const PLURAL_UNITS: ReadonlySet<string> = new Set([
  'YEARS',
  'MONTHS',
  'DAYS',
  'HOURS',
  'MINUTES',
  'SECONDS',
  'MILLISECONDS',
  'MILLISECOND',
]);

/** Milliseconds of the units a duration may have. */
export const UNIT_MS: Readonly<Record<string, number>> = {
  DAY: 86_400_000,
  DAYS: 86_400_000,
  HOUR: 3_600_000,
  HOURS: 3_600_000,
  MINUTE: 60_000,
  MINUTES: 60_000,
  SECOND: 1000,
  SECONDS: 1000,
  MILLISECOND: 1,
  MILLISECONDS: 1,
};

const PLAIN_NAME = /^[A-Z_][A-Z0-9_@]*$/;

/** A name as it must be written to be read back: bare when plain upper case and not reserved, else in backticks. */
export function quoteName(name: string): string {
  return PLAIN_NAME.test(name) && !RESERVED.has(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}

/** A text literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
