import { z } from 'zod';
import { duration, mapping, size } from './words.js';

const KINDS = ['btrfs', 'lvm', 'zfs', 'fsfreeze', 'none'] as const;

/** `btrfs`, or a mapping with the options of one kind. */
export const freeze = z
  .union(
    [
      z.enum(KINDS),
      mapping({ lvm: mapping({ size: size({ min: '1MiB', max: '16TiB' }) }) }),
      mapping({ fsfreeze: mapping({ max: duration({ min: '1s', max: '1h' }) }) }),
    ],
    {
      error: () =>
        'this is no way to freeze; write btrfs, lvm, zfs, fsfreeze or none, or {lvm: {size: 5GiB}}, {fsfreeze: {max: 5m}}',
    },
  )
  .meta({
    title: 'Freeze',
    description:
      'Read the source from a snapshot that the host makes for it (`btrfs`, `lvm`, `zfs`), or while its file system takes no writes (`fsfreeze`, at most 5m unless `max` says otherwise). ' +
      'Needs root on the host. `lvm: {size: …}` is the room for what changes meanwhile, a tenth of the volume by default. Default: none.',
    examples: ['btrfs', { lvm: { size: '5GiB' } }, { fsfreeze: { max: '5m' } }],
  });

export type FreezeEntry = z.infer<typeof freeze>;
