// The elements of CREATE STREAM and CREATE TABLE.
import type { HeaderColumn } from '../catalog/catalog.ts';
import type { CreateSourceStatement, ElementNode } from '../syntax/ast.ts';
import { arrayType, BYTES, type Column, type SqlType, STRING, sameType, structType } from '../types/sql-type.ts';
import { resolveType, typeText } from '../types/type-text.ts';
import { type Binding, isOn, pasteName, reject } from './environment.ts';
import { SYSTEM_NAMES } from './scope.ts';

/** Columns as the statement declares them. */
export interface Declared {
  readonly key: readonly Column[];
  readonly value: readonly Column[];
  readonly headers: readonly HeaderColumn[];
}

const ALL_HEADERS = arrayType(
  structType([
    { name: 'KEY', type: STRING },
    { name: 'VALUE', type: BYTES },
  ]),
);

/** Reads the elements; E-DDL-1, -2, -3, -7, E-HDR-1 to -5. */
export function declaredColumns(binding: Binding, statement: CreateSourceStatement): Declared {
  const key: Column[] = [];
  const value: Column[] = [];
  const headers: HeaderColumn[] = [];
  const seen = new Set<string>();
  for (const element of statement.elements) {
    const name = element.name.text;
    if (SYSTEM_NAMES.has(name)) {
      reject(
        binding,
        'DDL-1',
        element.name.span,
        `${name} is a system column and cannot be declared.`,
        `System columns: ${[...SYSTEM_NAMES].join(', ')}.`,
      );
    }
    if (seen.has(name)) reject(binding, 'DDL-7', element.name.span, `The column ${pasteName(name)} is declared twice.`);
    seen.add(name);
    const type = resolveType(element.type, binding.env.catalog.types, binding.text);
    const { role } = element;
    if (role.kind === 'value') value.push({ name, type });
    else if (role.kind === 'key' || role.kind === 'primaryKey') {
      keyWord(binding, statement, element);
      key.push({ name, type });
    } else headers.push(headerColumn(binding, element, type, headers));
  }
  return { key, value, headers };
}

function keyWord(binding: Binding, statement: CreateSourceStatement, element: ElementNode): void {
  if (statement.shape === 'stream' && element.role.kind === 'primaryKey') {
    reject(
      binding,
      'DDL-2',
      element.span,
      `${pasteName(element.name.text)}: a stream has no PRIMARY KEY, since its keys are neither unique nor never null.`,
      'Write KEY.',
    );
  }
  if (statement.shape === 'table' && element.role.kind === 'key') {
    reject(
      binding,
      'DDL-3',
      element.span,
      `${pasteName(element.name.text)}: the key of a table is unique and never null.`,
      'Write PRIMARY KEY.',
    );
  }
}

function headerColumn(
  binding: Binding,
  element: ElementNode,
  type: SqlType,
  others: readonly HeaderColumn[],
): HeaderColumn {
  if (!isOn(binding.env, 'ksql.headers.columns.enabled', true)) {
    reject(
      binding,
      'HDR-5',
      element.span,
      'Header columns are switched off.',
      'Set ksql.headers.columns.enabled to true.',
    );
  }
  const header = element.role.kind === 'header' ? element.role.key : null;
  const name = element.name.text;
  if (header === null && !sameType(type, ALL_HEADERS)) {
    reject(
      binding,
      'HDR-1',
      element.span,
      `HEADERS column ${name} is ${typeText(type)}.`,
      `It must be ${typeText(ALL_HEADERS)}.`,
    );
  }
  if (header !== null && type.base !== 'BYTES') {
    reject(binding, 'HDR-2', element.span, `HEADER column ${name} is ${typeText(type)}.`, 'It must be BYTES.');
  }
  if (others.length > 0 && (header === null || others.some((other) => other.header === null))) {
    reject(
      binding,
      'HDR-3',
      element.span,
      `${name} and ${others[0]!.name}: a HEADERS column stands alone.`,
      'Keep it, or name single headers with HEADER.',
    );
  }
  if (others.some((other) => other.header === header)) {
    reject(binding, 'HDR-4', element.span, `The header '${header}' is read by two columns.`, 'Keep one.');
  }
  return { name, type, header };
}
