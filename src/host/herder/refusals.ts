// What a worker answers that is asked for what only the leader can do.
import { TributaryError } from '../../core/errors.ts';

export function notLeader(): TributaryError {
  return new TributaryError('TRIB_NOT_LEADER', 'conflict', {
    what: 'Cannot complete request momentarily due to stale configuration (typically caused by a concurrent config change)',
  });
}

export function leaderUnknown(): TributaryError {
  return new TributaryError('TRIB_LEADER_UNREACHABLE', 'transient', {
    what: 'The leader of the group is not known now.',
  });
}
