import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HoldfastError } from '../../core/failures.js';
import type { BackupLink } from '../../core/archive/manifest.js';
import type { DestinationPlan } from '../../core/plan.js';

/**
 * What this worker remembers of a destination, in small files of its own: the newest backup of each source that it made or saw, and whose
 * signatures it found there first. Whoever can write to the destination can take backups away, but not from here.
 */
export class SeenBackups {
  readonly #directory: string;

  constructor(directory: string, destination: DestinationPlan) {
    this.#directory = join(directory, digest(placeOf(destination)));
  }

  async newest(host: string, source: string): Promise<BackupLink | undefined> {
    const { id, checksum } = (await this.#read<Partial<BackupLink>>(sourceFile(host, source))) ?? {};
    return id === undefined || checksum === undefined ? undefined : { id, checksum };
  }

  /** @param link undefined: nothing is expected any more, since what there was has been removed on purpose */
  async remember(host: string, source: string, link: BackupLink | undefined): Promise<void> {
    const known = link === undefined ? {} : { id: link.id, checksum: link.checksum };
    await this.#write(sourceFile(host, source), { host, source, ...known });
  }

  /** The repository's keys as they were when it was first seen; undefined: it was not. */
  async signingKeys(): Promise<readonly string[] | undefined> {
    return (await this.#read<{ readonly keys: readonly string[] }>(KEYS))?.keys;
  }

  async keepSigningKeys(keys: readonly string[]): Promise<void> {
    await this.#write(KEYS, { keys });
  }

  async #read<T>(name: string): Promise<T | undefined> {
    const file = join(this.#directory, name);
    try {
      return JSON.parse(await readFile(file, 'utf8')) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new HoldfastError('InternalError', `${file} cannot be read; remove it if it is damaged: ${String(error)}`);
    }
  }

  async #write(name: string, content: unknown): Promise<void> {
    const file = join(this.#directory, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const fresh = `${file}.${randomBytes(6).toString('hex')}`;
    await writeFile(fresh, `${JSON.stringify(content)}\n`, { mode: 0o600 });
    await rename(fresh, file);
  }
}

const KEYS = 'signing-keys.json';

/** Names of hosts and sources may be longer than a file's. */
const sourceFile = (host: string, source: string): string => `${digest([host, source])}.json`;

const placeOf = (destination: DestinationPlan): readonly string[] =>
  destination.type === 'local'
    ? ['local', destination.path]
    : ['s3', destination.endpoint ?? '', destination.bucket, destination.prefix];

const digest = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
