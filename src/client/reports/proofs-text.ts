import type { SourceReport } from '../../core/report/source-report.js';
import { countText } from '../output.js';
import { placeText, sinceText } from './report-words.js';

/** What was proven by a restore, and what was not: at most two lines. */
export function proofsText(sources: readonly SourceReport[], nowMs: number): string[] {
  if (sources.length === 0) return [];
  const proven = sources
    .filter(({ lastProofAtMs }) => lastProofAtMs !== undefined)
    .sort((one, other) => (one.lastProofAtMs ?? 0) - (other.lastProofAtMs ?? 0));
  const [oldest] = proven;
  const never = sources.length - proven.length;
  return [
    ...(never === 0
      ? []
      : [`Never proven by a restore: ${never.toLocaleString('en')} of ${countText(sources.length, 'source')}.`]),
    ...(oldest === undefined ? [] : [`Oldest proof: ${placeText(oldest)}, ${sinceText(oldest.lastProofAtMs, nowMs)}.`]),
  ];
}
