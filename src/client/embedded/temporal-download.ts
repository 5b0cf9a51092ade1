import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type TransformCallback } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An archive that holds `temporal` at its top, and what its bytes must hash to. */
export interface ReleaseArchive {
  readonly url: string;
  readonly sha256: string;
  /** `process.platform` and `process.arch` that it runs on. */
  readonly platform: string;
  readonly arch: string;
}

export const OFFICIAL_RELEASE: ReleaseArchive = {
  url: 'https://github.com/temporalio/cli/releases/download/v1.5.1/temporal_cli_1.5.1_linux_amd64.tar.gz',
  sha256: 'ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
  platform: 'linux',
  arch: 'x64',
};

/** Enough for 60 MB over a slow line; a dead one is noticed sooner by fetch itself. */
const DOWNLOAD_LIMIT_MS = 10 * 60_000;

/** Puts `temporal` of the archive at `target`: verified before it is unpacked, in place only when whole. */
export async function downloadTemporal(release: ReleaseArchive, target: string): Promise<void> {
  if (process.platform !== release.platform || process.arch !== release.arch)
    throw new Error(
      `the pinned download is for ${release.platform} ${release.arch}, this is ${process.platform} ${process.arch}`,
    );
  await mkdir(dirname(target), { recursive: true });
  const scratch = await mkdtemp(join(dirname(target), '.download-'));
  try {
    const archive = join(scratch, 'archive.tar.gz');
    await fetchVerified(release, archive);
    await run('tar', ['-xzf', archive, '-C', scratch, '--', 'temporal']);
    await rename(join(scratch, 'temporal'), target);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function fetchVerified(release: ReleaseArchive, file: string): Promise<void> {
  const response = await fetch(release.url, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT_MS) }).catch(
    (error: unknown) => {
      throw new Error(`${release.url}: ${reasonOf(error)}`);
    },
  );
  if (!response.ok || response.body === null) throw new Error(`${release.url} answered ${response.status}`);
  const hash = createHash('sha256');
  const hashing = new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(response.body, hashing, createWriteStream(file));
  const sha256 = hash.digest('hex');
  if (sha256 !== release.sha256)
    throw new Error(`${release.url} has SHA-256 ${sha256}, expected ${release.sha256}; nothing of it was used`);
}

/** fetch hides the reason ("getaddrinfo ENOTFOUND …") in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
