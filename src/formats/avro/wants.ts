// What a reader is asked for, as a tree over the target's fields.

/** What is wanted of a value: the whole of it into `slots`, and parts of it. */
export interface Want {
  readonly slots: number[];
  readonly parts: Map<number, Want>;
}

export const NOTHING_WANTED: Want = { slots: [], parts: new Map() };

/** The tree of wanted paths: `wanted[i]` goes to slot i. */
export function wantsOf(wanted: readonly (readonly number[])[]): Want {
  const root: Want = { slots: [], parts: new Map() };
  wanted.forEach((path, slot) => {
    let want = root;
    for (const index of path) {
      let part = want.parts.get(index);
      if (part === undefined) {
        part = { slots: [], parts: new Map() };
        want.parts.set(index, part);
      }
      want = part;
    }
    want.slots.push(slot);
  });
  return root;
}
