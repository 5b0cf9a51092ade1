import { bytesText } from '../output.js';

/** From 0 to a round figure that nothing exceeds, with the half of it. */
export interface Axis {
  readonly max: number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

export type Unit = 'bytes' | 'time' | 'count';

export function axisOf(values: readonly number[], unit: Unit): Axis {
  const max = roundUp(Math.max(0, ...values), unit);
  return { max, ticks: [0, max / 2, max].map((value) => ({ value, text: textOf(value, unit) })) };
}

/** A figure as an axis, a title and a table have it. */
export function textOf(value: number, unit: Unit): string {
  switch (unit) {
    case 'bytes':
      return bytesText(value);
    case 'time':
      return timeText(value);
    case 'count':
      return value.toLocaleString('en');
  }
}

function roundUp(value: number, unit: Unit): number {
  switch (unit) {
    case 'count':
      return Math.max(2, roundCount(value));
    case 'bytes': {
      const unitBytes = 1024 ** Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10));
      const count = roundCount(value / unitBytes);
      return (count >= 1_000 ? 1_024 : count) * unitBytes;
    }
    case 'time':
      return TIMES.find((time) => time >= value) ?? roundCount(value / DAY) * DAY;
  }
}

/** 1, 2, 4, 6 or 8 times a power of ten: its half is round as well. */
function roundCount(value: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))));
  return [1, 2, 4, 6, 8].map((factor) => factor * power).find((count) => count >= value) ?? 10 * power;
}

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000] as const;
const TIMES = [
  ...[2, 10, 20, 60].map((count) => count * SECOND),
  ...[2, 4, 10, 20, 40, 60].map((count) => count * MINUTE),
  ...[2, 4, 8, 12, 24].map((count) => count * HOUR),
];

/** `45 s`, `3 min`, `2.5 h` */
function timeText(milliseconds: number): string {
  const [size, word] = milliseconds < MINUTE ? [SECOND, 's'] : milliseconds < 2 * HOUR ? [MINUTE, 'min'] : [HOUR, 'h'];
  const count = milliseconds / size;
  return `${count.toLocaleString('en', { maximumFractionDigits: count < 10 ? 1 : 0 })} ${word}`;
}
