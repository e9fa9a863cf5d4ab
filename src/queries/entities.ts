// Answers to statements that change something, in the words of ksqlDB that clients look for.
import type { Change } from '../sql/bind/change.ts';
import type { ParsedStatement } from '../sql/syntax/parse.ts';
import type { Entity } from './results.ts';

/** What became of a command. */
export interface CommandStatus {
  readonly status: 'QUEUED' | 'PARSING' | 'EXECUTING' | 'RUNNING' | 'TERMINATED' | 'SUCCESS' | 'ERROR';
  readonly message: string;
  readonly queryId: string | null;
}

interface Command {
  readonly commandId: string;
  readonly sequenceNumber: number;
}

/** The answer to a change, or the warning that there was nothing to do. */
export function changeEntity(parsed: ParsedStatement, change: Change, command: Command): Entity {
  const { statement } = parsed;
  const isCreate = statement.kind === 'createSource' || statement.kind === 'createAs';
  if (change.commands.length === 0 && isCreate) {
    const { shape, name } = statement;
    const message = `Cannot add ${shape} ${name.text}: A ${shape} with the same name already exists.`;
    return { '@type': 'warning_entity', statementText: parsed.text, message, warnings: [] };
  }
  return statusEntity(parsed, command, messageOf(parsed, change), change.queryId);
}

/** The answer to PAUSE and RESUME. */
export function controlEntity(
  parsed: ParsedStatement,
  commandId: string,
  message: string,
  sequenceNumber: number,
): Entity {
  return statusEntity(parsed, { commandId, sequenceNumber }, message, null);
}

function statusEntity(parsed: ParsedStatement, command: Command, message: string, queryId: string | null): Entity {
  const commandStatus: CommandStatus = { status: 'SUCCESS', message, queryId };
  return {
    '@type': 'currentStatus',
    statementText: parsed.text,
    commandId: command.commandId,
    commandStatus,
    commandSequenceNumber: command.sequenceNumber,
    warnings: [],
  };
}

function messageOf({ statement }: ParsedStatement, change: Change): string {
  if (change.commands.length === 0) return change.message;
  switch (statement.kind) {
    case 'createAs':
    case 'insertSelect':
      return `Created query with ID ${change.queryId}`;
    case 'createSource':
      return `${statement.shape === 'stream' ? 'Stream' : 'Table'} created`;
    case 'terminate':
      return 'Query terminated.';
    default:
      return change.message;
  }
}
