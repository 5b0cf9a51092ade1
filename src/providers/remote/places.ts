/** A number of places, given out in the order in which they were asked for. */
export class Places {
  private taken = 0;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly count: number) {}

  /** Calls `enter` as soon as there is a place, perhaps at once. What it returns gives the place back, or takes the wish back; safe to call twice. */
  take(enter: () => void): () => void {
    let left = false;
    let entered = false;
    const admitted = (): void => {
      this.taken += 1;
      entered = true;
      enter();
    };
    if (this.taken < this.count) admitted();
    else this.waiting.add(admitted);
    return () => {
      if (left) return;
      left = true;
      if (!entered) return void this.waiting.delete(admitted);
      this.taken -= 1;
      const [next] = this.waiting;
      if (next === undefined) return;
      this.waiting.delete(next);
      next();
    };
  }

  get isFull(): boolean {
    return this.taken >= this.count;
  }

  get isWaitedFor(): boolean {
    return this.waiting.size > 0;
  }
}
