import { cpus, totalmem } from 'node:os';
import { median, pairedRatio } from './measure.js';
import type { Timing } from './measure.js';

export function machineLine(): string {
  const model = cpus()[0]?.model ?? 'unknown processor';
  return `${cpus().length} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB of memory, Node ${process.versions.node}`;
}

/** The first timing is ours; the last column is ours divided by theirs, round by round. */
export function timingTable(work: string, timings: readonly Timing[]): string {
  const [ours, ...others] = timings;
  if (ours === undefined) throw new RangeError('no timings');
  const row = (timing: Timing, ratio: string): string =>
    `| ${timing.name} | ${median(timing.seconds).toFixed(2)} | ${Math.min(...timing.seconds).toFixed(2)}–${Math.max(...timing.seconds).toFixed(2)} | ${ratio} |`;
  return [
    `**${work}** (${ours.seconds.length} rounds)`,
    '',
    '| | median s | min–max s | Holdfast ÷ it |',
    '|---|---|---|---|',
    row(ours, ''),
    ...others.map((timing) => row(timing, pairedRatio(ours, timing).toFixed(2))),
    '',
  ].join('\n');
}
