// Statements as text, in the layout of the reference: keywords upper case, one select item a line, clauses on lines of their own.
import type {
  ElementNode,
  JoinNode,
  ListNode,
  Name,
  PropertyNode,
  QueryNode,
  SelectItemNode,
  SourceNode,
  Statement,
  WindowNode,
} from './ast.ts';
import { printExpression, printLiteral, printType } from './print.ts';
import { quoteName, quoteText } from './tokens.ts';

/** The statements that define things; null for those that only ask or control. Ends with a semicolon. */
export function printStatement(statement: Statement): string | null {
  const text = printBody(statement);
  return text === null ? null : `${text};`;
}

function printBody(statement: Statement): string | null {
  switch (statement.kind) {
    case 'select':
      return printQuery(statement.query);
    case 'createAs':
      return `${createHead(statement, '')}${properties(statement.properties)} AS ${printQuery(statement.query)}`;
    case 'createSource': {
      const elements = statement.elements.length === 0 ? '' : ` (${statement.elements.map(element).join(', ')})`;
      const head = createHead(statement, statement.readOnly ? 'SOURCE ' : '');
      return `${head}${elements}${properties(statement.properties)}`;
    }
    case 'insertSelect':
      return `INSERT INTO ${named(statement.target)}${properties(statement.properties)} ${printQuery(statement.query)}`;
    case 'insertValues': {
      const columns = statement.columns === null ? '' : ` (${statement.columns.map(named).join(', ')})`;
      return `INSERT INTO ${named(statement.target)}${columns} VALUES (${statement.values.map(printExpression).join(', ')})`;
    }
    case 'dropSource': {
      const exists = statement.ifExists ? 'IF EXISTS ' : '';
      return `DROP ${statement.shape.toUpperCase()} ${exists}${named(statement.name)}${statement.deleteTopic ? ' DELETE TOPIC' : ''}`;
    }
    case 'alterSource': {
      const adds = statement.columns.map(({ name, type }) => `ADD COLUMN ${named(name)} ${printType(type)}`);
      return `ALTER ${statement.shape.toUpperCase()} ${named(statement.name)} ${adds.join(', ')}`;
    }
    case 'createType': {
      const exists = statement.ifNotExists ? 'IF NOT EXISTS ' : '';
      return `CREATE TYPE ${exists}${named(statement.name)} AS ${printType(statement.type)}`;
    }
    case 'dropType':
      return `DROP TYPE ${statement.ifExists ? 'IF EXISTS ' : ''}${named(statement.name)}`;
    default:
      return null;
  }
}

function createHead(
  statement: {
    readonly shape: string;
    readonly orReplace: boolean;
    readonly ifNotExists: boolean;
    readonly name: Name;
  },
  kind: string,
): string {
  const replace = statement.orReplace ? 'OR REPLACE ' : '';
  const exists = statement.ifNotExists ? 'IF NOT EXISTS ' : '';
  return `CREATE ${replace}${kind}${statement.shape.toUpperCase()} ${exists}${named(statement.name)}`;
}

function named(name: Name): string {
  return quoteName(name.text);
}

function element({ name, type, role }: ElementNode): string {
  const roles = {
    value: '',
    key: ' KEY',
    primaryKey: ' PRIMARY KEY',
    headers: ' HEADERS',
    header: role.kind === 'header' ? ` HEADER(${quoteText(role.key)})` : '',
  };
  return `${named(name)} ${printType(type)}${roles[role.kind]}`;
}

function properties(list: readonly PropertyNode[]): string {
  if (list.length === 0) return '';
  return ` WITH (${list.map(({ name, value }) => `${propertyName(name)}=${printLiteral(value)}`).join(', ')})`;
}

function propertyName(name: string): string {
  const bare = quoteName(name);
  return bare === name ? name : quoteText(name);
}

/** A query without its semicolon. */
export function printQuery(query: QueryNode): string {
  const lines = [
    `SELECT\n${query.select.map((item) => `  ${selectItem(item)}`).join(',\n')}`,
    `FROM ${source(query.from)}`,
    ...query.joins.map(join),
  ];
  if (query.window !== null) lines.push(`WINDOW ${printWindow(query.window)}`);
  if (query.where !== null) lines.push(`WHERE ${printExpression(query.where)}`);
  if (query.groupBy !== null) lines.push(`GROUP BY ${group(query.groupBy)}`);
  if (query.partitionBy !== null) lines.push(`PARTITION BY ${group(query.partitionBy)}`);
  if (query.having !== null) lines.push(`HAVING ${printExpression(query.having)}`);
  if (query.emit !== null) lines.push(`EMIT ${query.emit}`);
  if (query.limit !== null) lines.push(`LIMIT ${query.limit}`);
  return lines.join('\n');
}

function selectItem(item: SelectItemNode): string {
  switch (item.kind) {
    case 'star':
      return item.qualifier === null ? '*' : `${named(item.qualifier)}.*`;
    case 'structStar':
      return `${printExpression(item.base)}->*`;
    case 'item':
      return `${printExpression(item.expression)}${item.alias === null ? '' : ` ${named(item.alias)}`}`;
  }
}

function source({ name, alias }: SourceNode): string {
  return `${named(name)} ${named(alias ?? name)}`;
}

const JOINS: Readonly<Record<JoinNode['type'], string>> = {
  inner: 'INNER JOIN',
  left: 'LEFT OUTER JOIN',
  right: 'RIGHT OUTER JOIN',
  full: 'FULL OUTER JOIN',
};

function join(node: JoinNode): string {
  const { within } = node;
  const span =
    within === null
      ? ''
      : within.beforeMs === within.afterMs
        ? ` WITHIN ${duration(within.beforeMs)}`
        : ` WITHIN (${duration(within.beforeMs)}, ${duration(within.afterMs)})`;
  const grace = within === null || within.graceMs === null ? '' : ` GRACE PERIOD ${duration(within.graceMs)}`;
  return `${JOINS[node.type]} ${source(node.source)}${span}${grace} ON ${printExpression(node.on)}`;
}

/** A window clause without the word WINDOW. */
export function printWindow(window: WindowNode): string {
  const parts = [window.type === 'session' ? duration(window.sizeMs) : `SIZE ${duration(window.sizeMs)}`];
  if (window.advanceMs !== null) parts.push(`ADVANCE BY ${duration(window.advanceMs)}`);
  if (window.retentionMs !== null) parts.push(`RETENTION ${duration(window.retentionMs)}`);
  if (window.graceMs !== null) parts.push(`GRACE PERIOD ${duration(window.graceMs)}`);
  return `${window.type.toUpperCase()} (${parts.join(', ')})`;
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['DAYS', 86_400_000],
  ['HOURS', 3_600_000],
  ['MINUTES', 60_000],
  ['SECONDS', 1000],
];

function duration(ms: number): string {
  const [name, size] = UNITS.find(([, each]) => ms !== 0 && ms % each === 0) ?? ['MILLISECONDS', 1];
  return `${ms / size} ${name}`;
}

function group({ items }: ListNode): string {
  const printed = items.map(printExpression).join(', ');
  return items.length === 1 ? printed : `(${printed})`;
}
