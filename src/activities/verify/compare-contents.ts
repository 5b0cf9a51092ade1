import { type Entry, textOf } from '../../core/entries/entry.js';
import { isHoldfastError } from '../../core/failures.js';
import type { Manifest } from '../../core/archive/manifest.js';
import { FindingList } from '../../core/verify/findings.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { Repository } from '../archive/open-repository.js';
import type { ActivityControl } from '../activity-control.js';
import type { CompareWithHostResult } from '../contract.js';
import { type HashedFile, hashFiles } from './hash-files.js';
import { storedHashes } from './stored-hashes.js';

/** A file whose content is to be compared, and where the chain holds it. */
export interface ContentFile {
  readonly entry: Entry;
  readonly level: number;
  readonly shard: number;
}

export interface ContentPlace {
  readonly storage: Repository;
  readonly chain: readonly Manifest[];
  readonly runner: ScriptRunner;
  /** The source's directory on the host. */
  readonly root: string;
  readonly directory: string;
}

const TOLD = 50;

/** Compares contents, shard by shard, with what the host has: hashed there, nothing is transferred. */
export async function compareContents(
  place: ContentPlace,
  control: ActivityControl,
  files: readonly ContentFile[],
): Promise<CompareWithHostResult['content']> {
  const differing = new FindingList();
  const notCompared = new FindingList();
  let filesCompared = 0;
  let bytesCompared = 0;
  for (const group of byShard(files)) {
    control.progress({ step: 'contents', files: filesCompared, bytes: bytesCompared });
    const stored = await hashesInShard(place, control, group, notCompared);
    if (stored === undefined) continue;
    const found = await hashFiles(
      place.runner,
      place.root,
      group.map(({ entry }) => entry.path),
      control.signal,
    );
    for (const { entry } of group) {
      const now = found.get(entry.path);
      const then = stored.get(entry.path);
      if (now === undefined || then === undefined) {
        notCompared.add(
          `${textOf(entry.path)}: ${now === undefined ? 'it cannot be read on the host' : 'the shard lacks it'}`,
        );
      } else if (!isStill(entry, now)) {
        notCompared.add(`${textOf(entry.path)}: it changed while it was compared`);
      } else {
        filesCompared += 1;
        bytesCompared += entry.sizeBytes;
        if (now.sha256 !== then) differing.add(textOf(entry.path));
      }
    }
  }
  return {
    filesCompared,
    bytesCompared,
    differing: differing.findings(),
    notCompared: notCompared.findings(TOLD),
  };
}

/** Undefined when the shard cannot be read, which `--read-data` reports as damage. */
async function hashesInShard(
  { storage, chain, directory }: ContentPlace,
  control: ActivityControl,
  group: readonly ContentFile[],
  notCompared: FindingList,
): Promise<Map<string, string> | undefined> {
  const [{ level, shard }] = group as [ContentFile, ...ContentFile[]];
  const paths = new Set(group.map(({ entry }) => entry.path));
  try {
    return await storedHashes(storage, chain[level] as Manifest, shard, paths, directory, control.signal);
  } catch (error) {
    if (!isHoldfastError(error) || !error.type.startsWith('Object')) throw error;
    for (const path of paths) notCompared.add(`${textOf(path)}: ${error.message}`);
    return undefined;
  }
}

export const isStill = (entry: Entry, { sizeBytes, mtime, ctime, inode }: HashedFile): boolean =>
  sizeBytes === entry.sizeBytes && mtime === entry.mtime && ctime === entry.ctime && inode === entry.inode;

function byShard(files: readonly ContentFile[]): ContentFile[][] {
  const groups = new Map<string, ContentFile[]>();
  for (const file of files) {
    const key = `${file.level} ${file.shard}`;
    groups.set(key, [...(groups.get(key) ?? []), file]);
  }
  return [...groups.values()];
}
