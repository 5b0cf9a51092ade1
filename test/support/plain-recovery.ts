import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const FORMAT = new URL('../../docs/format.md', import.meta.url);

/** The script of docs/format.md, as a person would copy it from there. */
export async function plainRecoveryScript(): Promise<string> {
  const blocks = [...(await readFile(FORMAT, 'utf8')).matchAll(/^```sh\n(#!\/bin\/sh\n[^]*?)^```$/gm)];
  if (blocks.length !== 1) throw new Error(`docs/format.md has ${blocks.length} scripts, not one`);
  return blocks[0]?.[1] as string;
}

/**
 * Restores a backup with nothing of Holdfast's: `source` is the directory of the source in its destination, `identity` the file with the private
 * key of an encrypted one.
 */
export async function recoverPlainly(
  source: string,
  backupId: string,
  target: string,
  identity?: string,
): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-plain-'));
  try {
    const script = join(directory, 'recover.sh');
    await writeFile(script, await plainRecoveryScript());
    await promisify(execFile)(
      '/bin/sh',
      [script, source, backupId, target, ...(identity === undefined ? [] : [identity])],
      {
        env: { PATH: process.env['PATH'] },
        maxBuffer: 1 << 26,
      },
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
