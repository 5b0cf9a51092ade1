import { createHash } from 'node:crypto';
import type { FreezeNames } from '../../core/freeze/freeze.js';
import type { FreezeSourceInput } from '../contract.js';

/**
 * What a source's freezes are called on its host. The Workflow ID lets one run at a time work on a host, so whatever bears the tag of a source
 * and is not of this run is of a dead one. Another installation that reads the same source keeps it elsewhere, and has another tag.
 */
export function freezeNames({ host, source, run }: FreezeSourceInput): FreezeNames {
  const { destination } = source;
  const kept =
    destination.type === 'local'
      ? destination.path
      : `${destination.endpoint ?? ''}/${destination.bucket}/${destination.prefix}`;
  const tag = sum(JSON.stringify([host.name, source.name, destination.name, kept])).slice(0, 12);
  return { tag, name: `${tag}-${sum(run.runId).slice(0, 8)}` };
}

const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
