import { stage } from '../pipeline-stage.js';
import { enterSource, reportSaid } from '../scan/script.js';
import { makeSkeletons } from './skeleton-script.js';

/** Where content is compressed; `none`: it is stored as it is. */
export type CompressOn = 'host' | 'worker' | 'none';

/** Lets zstd decompress what was made with `--long`: without it, it takes windows up to 128 MiB only. */
export const ANY_WINDOW = '--long=31';

export interface TarScriptOptions {
  /** The source's directory. */
  readonly path: string;
  /** `--xattrs`, `--acls`, `--selinux`: those that the host's tar supports. */
  readonly tarOptions: readonly string[];
  /** The members are files whose content is stored elsewhere: only their attributes go into the tar. */
  readonly skeletons?: boolean;
  readonly compressOn: CompressOn;
  readonly compressionLevel: number;
  readonly compressionLongLog?: number;
  readonly parallelShards: number;
}

/**
 * zstd with exact counts on standard error. Shards written side by side have a thread each; a lone one has two (on two cores a second
 * thread for each of two shards cost a tenth more time than it saved).
 */
export const zstdOptions = (level: number, parallelShards: number, longLog?: number): string[] => [
  `-${level}`,
  ...(longLog === undefined ? [] : [`--long=${longLog}`]),
  parallelShards > 1 ? '-T1' : '-T2',
  '-c',
  '-vv',
  '--no-progress',
];

/** Writes the members named in `$HOLDFAST_LIST` as a tar to standard output, compressed when the host does it. */
export function tarScript(options: TarScriptOptions): string {
  const tar = `${stage('tar', ['tar', ...tarWords(options.tarOptions)])} --files-from="$HOLDFAST_LIST" 2>"$HOLDFAST_SCRATCH/tar"`;
  const zstd = `${stage('zstd', ['zstd', ...zstdOptions(options.compressionLevel, options.parallelShards, options.compressionLongLog)])} 2>"$HOLDFAST_SCRATCH/zstd"`;
  const pipeline = options.compressOn === 'host' ? `${tar} | ${zstd}` : tar;
  return `${enterSource(options.path)}
${options.skeletons ? `${makeSkeletons()}\n` : ''}${pipeline}
${reportSaid([...(options.skeletons ? ['made'] : []), ...(options.compressOn === 'host' ? ['tar', 'zstd'] : ['tar'])])}
`;
}

/** Options stand before the list: in tar they act on what follows. */
export function tarWords(supported: readonly string[]): string[] {
  return [
    '--create',
    '--file=-',
    '--format=posix',
    // Records of 64 KiB, a pipe's size: at tar's own 10 KiB the same 1.6 GB cost a second more of system time.
    '--blocking-factor=128',
    '--pax-option=delete=atime,delete=ctime',
    '--numeric-owner',
    ...supported,
    ...(supported.includes('--xattrs') ? ['--xattrs-include=*'] : []),
    '--sparse',
    '--no-recursion',
    '--quoting-style=escape',
    '--totals',
    '--null',
    '--verbatim-files-from',
  ];
}
