import { type ErrorCounts, errorCountsText } from '../../core/errors/error-types.js';

interface WhatWentWrong {
  readonly errorCounts?: Partial<ErrorCounts>;
  readonly evidence?: readonly string[];
}

/** What went wrong with a source: errors by type, then the programs' first words, but for those that people have read above. */
export function errorLines({ errorCounts, evidence = [] }: WhatWentWrong, above: readonly string[]): string[] {
  const counts = errorCountsText(errorCounts);
  const isRead = (line: string): boolean => above.some((text) => text.includes(line.replace(/…$/, '')));
  return [
    ...(counts === '' ? [] : [`errors: ${counts}`]),
    ...evidence.filter((line) => !isRead(line)).map((line) => `| ${line}`),
  ];
}
