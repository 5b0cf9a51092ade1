import { z } from 'zod';
import { isSafeRsyncPath, RSYNC_PATH_REASON } from '../../core/rsync/options.js';
import { shown } from '../problems.js';
import { size } from './words.js';

/** What configuration, hosts and paths may say of the transfers of mirrors beside rsync's own options. */
export const transferShape = {
  rsync_path: z
    .string()
    .refine((text) => isSafeRsyncPath(text), {
      error: ({ input }) => `${shown(input)} is refused: ${RSYNC_PATH_REASON}`,
    })
    .meta({
      title: 'rsync on the host',
      description:
        'How rsync is called on the host, for backups and for restores to it. `sudo rsync` reads what only root may read; the host must let the user call it without a password. Default: rsync.',
      examples: ['sudo rsync', '/opt/rsync/bin/rsync'],
    })
    .optional(),
  min_rate: z
    .union([z.literal('none'), size({ min: '1KiB', max: '100GiB' })], {
      error: 'this is no rate; write bytes per second, for instance 1MB (1KiB to 100GiB), or none',
    })
    .meta({
      title: 'Slowest good rate',
      description:
        'Transfers of a mirror that moved data for more than a minute, slower than so many bytes per second, are remarked on; where bandwidth_limit holds them back they are not. Default: 1MB.',
      examples: ['1MB', 'none'],
    })
    .optional(),
  min_speedup: z
    .number()
    .min(0)
    .max(1_000_000)
    .meta({
      title: 'Lowest good speedup',
      description:
        'A mirror’s transfer is remarked on when rsync’s speedup (size of all files over bytes moved) is below this although the mirror had the data: not after a first copy, not when a tenth of the entries is new, not below 64 MiB. 0: never. Default: 1.5.',
      examples: [1.5, 0],
    })
    .optional(),
  slow_transfer: z
    .enum(['note', 'warning'])
    .meta({
      title: 'What such a remark is',
      description: '`note`: it stands in the run’s notes. `warning`: the source ends as `warning`. Default: note.',
      examples: ['warning'],
    })
    .optional(),
} as const;
