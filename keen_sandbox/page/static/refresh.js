/** Brings what is shown up to date step by step, and rests twice as long as that took: a sync comes first. */

const REST = 2;

export class Refresher {
  /** Why the last round ended early, for the user; empty where it did not. */
  trouble = "";

  #shown = new Map();
  #running = false;
  #abandoned = false;
  #rested = 0;

  /** Gives up the running round, for what it shows is not wanted any more, and lets the next one begin at once. */
  hurry() {
    this.#abandoned = this.#running;
    this.#rested = 0;
  }

  /**
   * Runs a round of steps, unless one runs or rests.
   *
   * A step is `{subject, state, work}`: it is left out where the subject was last brought to the same state, and it
   * counts as done only when `work` did not fail.
   */
  async run(steps) {
    if (this.#running || performance.now() < this.#rested) return;
    this.#running = true;
    const began = performance.now();
    try {
      for (const { subject, state, work } of steps) {
        const key = JSON.stringify(state);
        if (this.#shown.get(subject) === key) continue;
        await work();
        if (this.#abandoned) break;
        this.#shown.set(subject, key);
      }
      this.trouble = "";
    } catch (error) {
      this.trouble = error.message;
    }
    const now = performance.now();
    this.#rested = this.#abandoned ? now : now + REST * (now - began);
    this.#running = this.#abandoned = false;
  }
}
