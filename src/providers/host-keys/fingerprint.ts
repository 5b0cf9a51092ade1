import { createHash } from 'node:crypto';

/** As ssh and ssh-keygen -l show it: `SHA256:` and unpadded base64. */
export const fingerprintOf = (blob: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`;
