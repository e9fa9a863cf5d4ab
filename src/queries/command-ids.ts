// Command ids of the ksqlDB API: kind of thing, name, action.
import type { Statement } from '../sql/syntax/ast.ts';

/** `` stream/`X`/create `` and so on; null for statements that are no commands. */
export function commandIdOf(statement: Statement): string | null {
  switch (statement.kind) {
    case 'createSource':
    case 'createAs':
      return `${statement.shape}/\`${statement.name.text}\`/create`;
    case 'insertSelect':
      return `stream/\`${statement.target.text}\`/create`;
    case 'dropSource':
      return `${statement.shape}/${statement.name.text}/drop`;
    case 'alterSource':
      return `${statement.shape}/${statement.name.text}/alter`;
    case 'createType':
      return `type/${statement.name.text}/create`;
    case 'dropType':
      return `type/${statement.name.text}/drop`;
    case 'terminate':
    case 'pause':
    case 'resume':
      return `${statement.kind}/${statement.query?.text ?? 'ALL'}/execute`;
    default:
      return null;
  }
}
