// A name that exists already: when it may not be taken (E-DDL-8), and what CREATE OR REPLACE may change (E-REPL-1 to -3).
import type { Source } from '../catalog/catalog.ts';
import type { Span } from '../syntax/ast.ts';
import { type Column, sameType } from '../types/sql-type.ts';
import { typeText } from '../types/type-text.ts';
import { type Binding, pasteName, reject } from './environment.ts';

/** E-DDL-8: the name is taken, and the statement does not replace. */
export function refuseExisting(binding: Binding, span: Span, existing: Source): never {
  return reject(
    binding,
    'DDL-8',
    span,
    `${pasteName(existing.name)} exists already: it is a ${existing.shape}.`,
    'Use another name, IF NOT EXISTS, or CREATE OR REPLACE.',
  );
}

/** Refuses a new definition that rows and queries of the old one would not survive. */
export function replacementRules(binding: Binding, span: Span, old: Source, next: Source): void {
  const changes: string[] = [];
  if (old.shape !== next.shape) changes.push(`kind (${old.shape}, now ${next.shape})`);
  if (old.topic !== next.topic) changes.push(`topic (${old.topic}, now ${next.topic})`);
  if (old.timestamp?.column !== next.timestamp?.column) {
    changes.push(`timestamp column (${old.timestamp?.column ?? 'none'}, now ${next.timestamp?.column ?? 'none'})`);
  }
  if (changes.length > 0) {
    reject(
      binding,
      'REPL-1',
      span,
      `${pasteName(old.name)} cannot be replaced: these differ: ${changes.join('; ')}.`,
      'DROP it and create it anew.',
    );
  }
  if (text(old.key) !== text(next.key)) {
    reject(
      binding,
      'REPL-2',
      span,
      `${pasteName(old.name)} cannot be replaced: its key is ${text(old.key)}, now ${text(next.key)}.`,
    );
  }
  const lost = old.value.filter((column, index) => {
    const other = next.value[index];
    return other === undefined || other.name !== column.name || !sameType(other.type, column.type);
  });
  if (lost.length > 0) {
    reject(
      binding,
      'REPL-3',
      span,
      `${pasteName(old.name)} cannot be replaced: ${text(lost)} ${lost.length === 1 ? 'is' : 'are'} missing, moved or of another type.`,
      'Only new value columns at the end are possible.',
    );
  }
}

function text(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${pasteName(name)} ${typeText(type)}`).join(', ') || '(none)';
}
