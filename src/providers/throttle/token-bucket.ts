/** So much may pass at once after a pause: more would make a limit of a second's bytes a burst on a slow line. */
const BURST_SECONDS = 0.1;

interface Waiting {
  readonly bytes: number;
  readonly pass: () => void;
}

/**
 * Lets bytes pass at a rate, in the order in which they ask; the rate may change at any time, also for those that wait. Whoever asks passes
 * once there is no debt, and leaves its bytes as the next one's: chunks may be larger than what the bucket holds.
 */
export class TokenBucket {
  #bytesPerSecond: number | undefined;
  readonly #waiting: Waiting[] = [];
  #tokens = 0;
  #filledAtMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  /** @param bytesPerSecond undefined: no limit */
  constructor(bytesPerSecond?: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  set bytesPerSecond(rate: number | undefined) {
    if (rate === this.#bytesPerSecond) return;
    this.#fill();
    this.#bytesPerSecond = rate;
    // What was let pass at the old rate is no debt at the new one.
    this.#tokens = Math.max(0, this.#tokens);
    this.#letPass();
  }

  /** Resolves when the bytes may pass, or when `signal` fires: then whoever moves them ends by itself. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.#bytesPerSecond === undefined || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const waiting: Waiting = {
        bytes,
        pass: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        const place = this.#waiting.indexOf(waiting);
        if (place >= 0) this.#waiting.splice(place, 1);
        resolve();
      };
      signal.addEventListener('abort', giveUp, { once: true });
      this.#waiting.push(waiting);
      this.#letPass();
    });
  }

  #letPass(): void {
    clearTimeout(this.#timer);
    this.#fill();
    while (this.#waiting.length > 0 && (this.#bytesPerSecond === undefined || this.#tokens >= 0)) {
      const { bytes, pass } = this.#waiting.shift() as Waiting;
      this.#tokens -= bytes;
      pass();
    }
    if (this.#waiting.length === 0 || this.#bytesPerSecond === undefined) return;
    this.#timer = setTimeout(() => this.#letPass(), Math.ceil((-this.#tokens / this.#bytesPerSecond) * 1000));
  }

  #fill(): void {
    const nowMs = performance.now();
    const rate = this.#bytesPerSecond ?? 0;
    this.#tokens = Math.min(rate * BURST_SECONDS, this.#tokens + (rate * (nowMs - this.#filledAtMs)) / 1000);
    this.#filledAtMs = nowMs;
  }
}
