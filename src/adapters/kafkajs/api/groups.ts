// ListGroups.

import { check } from '../error-codes.ts';
import type { Call } from '../link.ts';

/** The groups whose coordinator the asked broker is. */
export function listGroups(): Call<readonly string[]> {
  return {
    apiKey: 16,
    apiVersion: 2,
    apiName: 'ListGroups',
    body: [],
    read: (answer) => {
      answer.int32(); // throttle
      check(answer.int16(), 'groups');
      return answer.array(() => {
        const group = answer.string()!;
        answer.string(); // kind of protocol
        return group;
      });
    },
  };
}
