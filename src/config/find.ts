import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { HoldfastError } from '../core/failures.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a configuration may lie when none is named; the first that exists counts. */
export function configPlaces(environment: Environment): string[] {
  const base = environment['XDG_CONFIG_HOME'];
  // The XDG rules: a relative value is as good as none.
  const directory = base?.startsWith('/') ? base : join(environment['HOME'] ?? homedir(), '.config');
  return [join(directory, 'holdfast', 'config.yaml'), '/etc/holdfast/config.yaml', '/etc/backup/backup.yaml'];
}

/** Absolute path of the configuration. Throws ConfigNotFound that names every place where it looked. */
export async function findConfig(
  explicit?: string,
  environment: Environment = process.env,
  places: readonly string[] = configPlaces(environment),
): Promise<string> {
  if (explicit !== undefined) {
    if (await exists(explicit)) return resolve(explicit);
    throw new HoldfastError('ConfigNotFound', `${explicit} does not exist.`);
  }
  for (const place of places) {
    if (await exists(place)) return place;
  }
  throw new HoldfastError('ConfigNotFound', `There is no configuration; looked for ${places.join(', ')}.`);
}

/** A file that is there but cannot be looked at must not be passed over for another one. */
async function exists(file: string): Promise<boolean> {
  try {
    await stat(file);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw new HoldfastError('ConfigNotFound', `${file} cannot be looked at: ${String(code)}.`, {}, { cause: error });
  }
}
