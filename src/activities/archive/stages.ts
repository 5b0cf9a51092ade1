import { allEnded } from './all-ended.js';

/** The stages of one pipeline: the failure of one ends the others, or they would wait for ever. */
export class Stages {
  readonly #stop = new AbortController();
  readonly #work: Promise<unknown>[] = [];
  /** Ends the stages: for each to be started with. */
  readonly signal: AbortSignal;

  constructor(outerSignal: AbortSignal) {
    this.signal = AbortSignal.any([outerSignal, this.#stop.signal]);
  }

  /** To be called with each stage's end as soon as it is started. */
  readonly watch = <T>(ended: Promise<T>): Promise<T> => {
    const watched = ended.catch((error: unknown) => {
      this.#stop.abort();
      throw error;
    });
    this.#work.push(watched);
    return watched;
  };

  /** Waits until all have ended; throws the failure that says most. */
  allEnded(): Promise<void> {
    return allEnded(this.#work);
  }
}
