import { z } from 'zod';
import { size } from './words.js';

export const bandwidthLimit = (of: string, byDefault: string) =>
  z
    .union([z.literal('none'), size({ min: '10KiB', max: '100GiB' })], {
      error: 'this is no rate; write bytes per second, for instance 10MiB (10KiB to 100GiB), or none',
    })
    .meta({
      title: 'Bandwidth limit',
      description: `Bytes per second for all that one worker moves ${of} at the same time, restores too; each rsync of a mirror for itself. \`holdfast runs limit\` changes it for a running run. Default: ${byDefault}.`,
      examples: ['10MiB', 'none'],
    });
