import type { SourcePlan } from '../core/plan.js';
import { joinRsyncLevels, rsyncPathOf } from '../core/rsync/options.js';
import { DEFAULT_EXPECTATIONS, type TransferExpectations } from '../core/rsync/transfer-remarks.js';
import type { Inheritance } from './inheritance.js';
import { defined } from './resolve-destinations.js';
import type { PathEntry } from './schema/configuration.js';
import { rsyncWords } from './schema/rsync-words.js';
import type { transferShape } from './schema/transfer.js';
import { bytesPerSecond } from './units.js';

type TransferSettings = Pick<PathEntry, keyof typeof transferShape | 'rsync_options'>;

/** rsync's options as one command line on which the nearer place wins, and how rsync is called on the host. */
export function rsyncOf(
  settings: Inheritance<TransferSettings>,
): Pick<SourcePlan, 'rsyncOptions'> & { readonly rsyncPath: string | undefined } {
  const given = settings.all('rsync_options').reverse();
  const rsyncOptions = joinRsyncLevels(given.map(({ value }) => wordsOf(value)));
  if (given.length > 0) settings.record('rsync_options', rsyncOptions, ...given.map(({ origin }) => origin));
  return { rsyncOptions, rsyncPath: pathOf(settings) };
}

/** `rsync_path` and `--rsync-path` say the same: the nearer place wins, and at one place the option. */
function pathOf(settings: Inheritance<TransferSettings>): string | undefined {
  const options = settings.all('rsync_options');
  const paths = settings.all('rsync_path');
  for (const { place } of settings.layers) {
    const option = options.find((one) => one.place === place);
    const byOption = option && rsyncPathOf(wordsOf(option.value));
    if (byOption !== undefined) return byOption;
    const path = paths.find((one) => one.place === place);
    if (path === undefined) continue;
    settings.record('rsync_path', path.value, path.origin);
    return path.value;
  }
  return undefined;
}

/** Undefined when nothing was said of them. */
export function expectationsOf(settings: Inheritance<TransferSettings>): TransferExpectations | undefined {
  const rate = settings.pickOptional('min_rate');
  const speedup = settings.pickOptional('min_speedup');
  const status = settings.pickOptional('slow_transfer');
  if (rate === undefined && speedup === undefined && status === undefined) return undefined;
  return defined<TransferExpectations>({
    minRateBytesPerSecond: rate === undefined ? DEFAULT_EXPECTATIONS.minRateBytesPerSecond : bytesPerSecond(rate),
    minSpeedup: speedup ?? DEFAULT_EXPECTATIONS.minSpeedup,
    status: status ?? DEFAULT_EXPECTATIONS.status,
  });
}

function wordsOf(value: string | readonly string[]): readonly string[] {
  const words = rsyncWords(value);
  return 'unclosed' in words ? [] : words;
}
