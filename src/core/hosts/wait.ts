const SHORTEST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 15 * 60_000;

/**
 * How long to wait before the next look at a host that does not answer, and undefined when its time is over. Pauses grow with the time that has
 * passed: a host that reboots is met soon, one that is away for the night costs some sixty looks, and at the end of the time there is one more.
 */
export function pauseBeforeLook(waitedMs: number, limitMs: number): number | undefined {
  const leftMs = limitMs - waitedMs;
  // A timer may end a moment before its time by the Workflow's clock.
  if (leftMs <= 0 || (waitedMs > 0 && leftMs < 500)) return undefined;
  const pauseMs = Math.min(Math.max(waitedMs / 8, SHORTEST_PAUSE_MS), LONGEST_PAUSE_MS);
  // No look a few seconds before the last one.
  return leftMs < 1.5 * pauseMs ? leftMs : pauseMs;
}

/** `6 h 5 min`, `12 min`, `40 s`. */
export function waitText(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (milliseconds < 120_000) return `${Math.round(milliseconds / 1000)} s`;
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
