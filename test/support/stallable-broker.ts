// One worker's view of an embedded broker shared with others: as far as its group can see, its process can be made to stand still.
import type { EmbeddedMembership } from '../../src/adapters/embedded-log/group.ts';
import type { Broker } from '../../src/ports/broker.ts';

export interface StallableBroker {
  readonly broker: Broker;
  /** The memberships taken through this broker send no more signs of life. */
  stall(): void;
  resume(): void;
}

export function stallableBroker(broker: Broker): StallableBroker {
  const members: EmbeddedMembership[] = [];
  const join: Broker['join'] = async (options, handler) => {
    const membership = (await broker.join(options, handler)) as EmbeddedMembership;
    members.push(membership);
    return membership;
  };
  return {
    broker: new Proxy(broker, {
      get: (target, name) => {
        if (name === 'join') return join;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
    stall: () => {
      for (const member of members) member.stall();
    },
    resume: () => {
      for (const member of members) member.resume();
    },
  };
}
