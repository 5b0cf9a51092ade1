import { execa } from 'execa';

/** One way of doing the work: prepared before the clock, timed from its start to its end as a whole process. */
export interface Contender {
  readonly name: string;
  /** Not timed: fresh destinations, a chain to build on. */
  readonly prepare?: (round: number) => Promise<void>;
  readonly run: (round: number) => Promise<void>;
}

export interface Timing {
  readonly name: string;
  readonly seconds: readonly number[];
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
};

/** Runs the contenders in turn, `rounds` times over, so that a drift of the machine's speed meets all of them. */
export async function race(contenders: readonly Contender[], rounds: number): Promise<Timing[]> {
  const seconds = contenders.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++) {
    for (const [place, contender] of contenders.entries()) {
      await contender.prepare?.(round);
      await execa('sync');
      const start = performance.now();
      await contender.run(round);
      seconds[place]?.push((performance.now() - start) / 1000);
      process.stderr.write(`  round ${round + 1}: ${contender.name} ${(seconds[place]?.at(-1) ?? 0).toFixed(2)} s\n`);
    }
  }
  return contenders.map((contender, place) => ({ name: contender.name, seconds: seconds[place] ?? [] }));
}

/** Median of the ratios round by round: what a paired measurement is for. */
export function pairedRatio(timing: Timing, against: Timing): number {
  return median(timing.seconds.map((value, round) => value / (against.seconds[round] as number)));
}
