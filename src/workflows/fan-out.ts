import { CancellationScope } from '@temporalio/workflow';

/**
 * Calls `work` for each item of `next` until there is none, at most `lanes` at a time, and returns when all have ended.
 * `work` settles its own failures: one item never stops another.
 */
export async function settleEach<Item>(
  lanes: number | Lanes,
  next: () => Promise<Item | undefined>,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const count = typeof lanes === 'number' ? new Lanes(lanes) : lanes;
  let atWork = 0;
  const lane = async (): Promise<void> => {
    atWork += 1;
    for (let item = await next(); item !== undefined; item = await next()) {
      await work(item);
      if (atWork > count.most) break;
    }
    atWork -= 1;
  };
  const all = Array.from({ length: count.most }, lane);
  count.onRaise = () => {
    while (atWork < count.most) all.push(lane());
  };
  for (let ended = 0; ended < all.length; ) {
    const begun = all.slice(ended);
    await Promise.all(begun);
    ended += begun.length;
  }
  count.onRaise = () => undefined;
}

/** How many at a time; may be changed while they are at work. Fewer: those at work end first. */
export class Lanes {
  #most: number;
  onRaise: () => void = () => undefined;

  constructor(most: number) {
    this.#most = Math.max(1, most);
  }

  get most(): number {
    return this.#most;
  }

  set most(most: number) {
    this.#most = Math.max(1, most);
    this.onRaise();
  }
}

/**
 * Calls `work` for `from` … `to - 1`, at most `lanes` at a time. The first failure cancels the others, is thrown when all of them have
 * let go, and no new ones start: parts of one whole.
 */
export async function allOrNothing(
  lanes: number,
  range: { readonly from: number; readonly to: number },
  work: (part: number) => Promise<void>,
): Promise<void> {
  const scope = new CancellationScope();
  let following = range.from;
  let first: { readonly error: unknown } | undefined;
  const next = async (): Promise<number | undefined> => {
    if (first !== undefined || scope.consideredCancelled || following >= range.to) return undefined;
    return following++;
  };
  await scope.run(() =>
    settleEach(Math.min(lanes, range.to - range.from), next, (part) =>
      work(part).catch((error: unknown) => {
        first ??= { error };
        scope.cancel();
      }),
    ),
  );
  if (first !== undefined) throw first.error;
  // Cancelled between two parts: none of them failed, and yet the whole is not there.
  if (following < range.to) await scope.cancelRequested;
}
