// Commits that a sink asks for. They are made while the loop waits for records too: what a sink has delivered stands in its own store
// only until then, and who loses that store together with the process delivers it again.

export class CommitRequests {
  /** A commit is wanted. The commit itself clears it, before it begins. */
  wanted = false;
  #wake: (() => void) | null = null;

  ask(): void {
    this.wanted = true;
    this.#wake?.();
  }

  /**
   * Makes the commits that are asked for until `waiting` is settled, however it ends; throws what a commit throws. What is asked for while
   * one is made waits for the end of `waiting`, so that a sink which asks in each of its commits does not keep the loop busy.
   */
  async during(waiting: Promise<unknown>, commit: () => Promise<void>): Promise<void> {
    const over = waiting.then(
      () => true,
      () => true,
    );
    for (;;) {
      const asked = new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(false);
      });
      const isOver = await Promise.race([over, asked]);
      this.#wake = null;
      if (isOver) return;
      await commit();
    }
  }
}
