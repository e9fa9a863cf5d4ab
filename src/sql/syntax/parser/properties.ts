// WITH (name = literal, …).
import type { PropertyNode } from '../ast.ts';
import type { Cursor } from '../cursor.ts';
import { expectLiteral } from './literals.ts';

/** The clause, at WITH. `keepCase`: names belong to Kafka Connect, whose names have a case. */
export function parseProperties(cursor: Cursor, keepCase = false): PropertyNode[] {
  cursor.expectWord('WITH');
  cursor.open('(');
  const properties: PropertyNode[] = [];
  do {
    const start = cursor.start;
    if (properties.length > 0 && cursor.sees(')')) {
      throw cursor.error('PARSE-4', {
        what: 'A property is missing between the last comma and this bracket.',
        fix: 'Remove the comma after the last property.',
      });
    }
    const written = cursor.isText() ? cursor.advance().text : rawName(cursor);
    cursor.expectOperator('=');
    const value = expectLiteral(cursor);
    properties.push({ name: keepCase ? written : written.toUpperCase(), value, span: cursor.spanFrom(start) });
  } while (cursor.acceptOperator(','));
  cursor.close(')');
  return properties;
}

function rawName(cursor: Cursor): string {
  return cursor.name().raw;
}
