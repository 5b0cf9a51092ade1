import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A file system in a file, mounted through a loop device: real, and gone when the test is. Needs root. */
export interface LoopFileSystem {
  /** Where it is mounted. */
  readonly mount: string;
  stop(): Promise<void>;
}

const MAKE = {
  btrfs: { program: 'mkfs.btrfs', words: ['-q', '-f'], size: 256 * 2 ** 20 },
  ext4: { program: 'mkfs.ext4', words: ['-q', '-F'], size: 64 * 2 ** 20 },
  xfs: { program: 'mkfs.xfs', words: ['-q', '-f'], size: 320 * 2 ** 20 },
} as const;

/**
 * @param sizeBytes instead of what the tests need; the file takes only what is written to it
 * @throws Error where loop devices cannot be made: what is to be proven here cannot be proven without
 */
export async function mountLoopFileSystem(type: keyof typeof MAKE, sizeBytes?: number): Promise<LoopFileSystem> {
  const directory = await mkdtemp(join(tmpdir(), `holdfast-${type}-`));
  const [image, mount] = [join(directory, 'image'), join(directory, 'mount')];
  const stop = async (): Promise<void> => {
    // Frozen by a test that failed: nothing could be unmounted.
    await run('fsfreeze', ['-u', mount]).catch(() => undefined);
    await run('umount', [mount])
      .catch(() => run('umount', ['--lazy', mount]))
      .catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const { program, words, size } = MAKE[type];
    await writeFile(image, '');
    await truncate(image, sizeBytes ?? size);
    await mkdir(mount);
    await run(program, [...words, image], { env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` } });
    await run('mount', ['-o', 'loop', image, mount]);
    return { mount, stop };
  } catch (error) {
    await stop();
    throw new Error(
      `this test needs ${type} on a loop device (root, mkfs.${type}, /dev/loop-control): ${String(error)}`,
    );
  }
}
