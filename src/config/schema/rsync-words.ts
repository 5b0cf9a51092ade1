import { z } from 'zod';
import { refusedRsyncOptions } from '../../core/rsync/options.js';
import { shown } from '../problems.js';
import { splitWords } from '../split-words.js';

/** rsync's options, as one text or as a list of words, checked against what a backup allows. */
export const rsyncOptions = z
  .union([z.string(), z.array(z.string())], {
    error: ({ input }) => `${shown(input)} is not a text or list of options; write for instance "-z --bwlimit=10m"`,
  })
  .superRefine((value, context) => {
    for (const message of rsyncMistakes(value)) context.addIssue({ code: 'custom', message });
  });

function rsyncMistakes(value: string | readonly string[]): string[] {
  const words = rsyncWords(value);
  if ('unclosed' in words) return [`the quote ${words.unclosed} is not closed in ${shown(value)}; close it`];
  const odd = words.filter((word) => /[\x00-\x1f\x7f]/.test(word));
  return [
    ...odd.map((word) => `${shown(word)} holds a control character; remove it`),
    ...refusedRsyncOptions(words).map(({ word, reason }) => `${shown(word)} is refused: ${reason}`),
  ];
}

/** One word each, in order. */
export function rsyncWords(value: string | readonly string[]): readonly string[] | { readonly unclosed: string } {
  return typeof value === 'string' ? splitWords(value) : value;
}
