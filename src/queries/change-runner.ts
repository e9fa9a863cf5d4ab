// Carries a bound change out: topics, schemas, queries, log entry, catalog — in an order in which a crash at any point leaves
// nothing that the next start does not mend.
//
// Laws: what the log holds is what counts; side effects before the entry are undone when it cannot be written. A new query's
// reading position is pinned before the statement answers, so rows written after the answer are read.
import { TributaryError } from '../core/errors.ts';
import type { Broker, TopicSpec } from '../ports/broker.ts';
import type { SchemaRegistry } from '../ports/schema-registry.ts';
import type { Change, SchemaRequest, TopicRequest } from '../sql/bind/change.ts';
import type { CommandLog } from './command-log.ts';
import { schemaTypeOf } from './facts.ts';
import type { LogEntry } from './log-entry.ts';
import type { PersistentRun } from './persistent-run.ts';
import type { RunControl } from './run-control.ts';
import type { RunKeeper } from './run-keeper.ts';

export interface ChangePorts {
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly log: CommandLog;
  readonly runs: RunControl;
  readonly keeper: RunKeeper;
  /** Other hosts write statements, too. */
  readonly shared: boolean;
}

/** The text and circumstances that go into the log with the change. */
export type ChangeEntry = Pick<LogEntry, 'commandId' | 'statement' | 'properties' | 'owner'>;

/** Makes the change real; answers its offset in the log. Throws before the log entry: then nothing has changed. */
export async function runChange(
  ports: ChangePorts,
  change: Change,
  entry: ChangeEntry,
  boundAt: number,
): Promise<number> {
  const queries = change.commands.flatMap((command) => (command.kind === 'putQuery' ? [command.query] : []));
  const made = queries.map((query) => ports.runs.build(query));
  const dropped = change.commands.flatMap((command) => {
    const run = command.kind === 'dropQuery' ? ports.runs.get(command.id) : null;
    return run === null ? [] : [{ run, ranHere: run.active }];
  });
  const topics = await ports.broker.createTopics(change.topics.map(topicSpec));
  let sequenceNumber: number;
  try {
    for (const schema of change.schemas) await register(ports.registry, schema);
    for (const run of made) await run.prepare();
    sequenceNumber = await ports.log.append({ ...entry, commands: change.commands, paused: [] }, boundAt);
  } catch (error) {
    // In a group another host may rely on the same topics by now: what is left over is harmless.
    if (!ports.shared) await undo(ports, made, topics);
    throw error;
  }
  for (const { run, ranHere } of dropped) await ports.keeper.erased(run, ranHere);
  await ports.keeper.settle(queries.map(({ id }) => id));
  await deleteTopics(ports, change.deletedTopics);
  return sequenceNumber;
}

async function undo(ports: ChangePorts, made: readonly PersistentRun[], topics: readonly string[]): Promise<void> {
  try {
    for (const run of made) if (ports.runs.get(run.queryId) === null) await run.footprint.erase();
    await ports.broker.deleteTopics(topics);
  } catch (error) {
    // The first error is what the user must see; what is left over is harmless and removed with the next query of that name.
    if (!(error instanceof TributaryError)) throw error;
  }
}

async function deleteTopics(ports: ChangePorts, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await ports.broker.deleteTopics(names);
  const subjects = await ports.registry.subjects();
  for (const name of names) {
    for (const side of ['key', 'value']) {
      if (subjects.includes(`${name}-${side}`)) await ports.registry.deleteSubject(`${name}-${side}`);
    }
  }
}

async function register(registry: SchemaRegistry, request: SchemaRequest): Promise<void> {
  if (request.onlyIfAbsent && (await registry.latest(request.subject)) !== null) return;
  await registry.register(request.subject, schemaTypeOf(request.format), request.schema);
}

function topicSpec(request: TopicRequest): TopicSpec {
  return {
    name: request.name,
    partitions: request.partitions,
    replication: request.replicas,
    config: {
      'cleanup.policy': request.cleanup,
      ...(request.retentionMs === null ? {} : { 'retention.ms': String(request.retentionMs) }),
    },
  };
}
