import { homedir } from 'node:os';
import { join } from 'node:path';

/** Names in a directory of keys. The private parts have mode 0600. */
export const KEY_FILES = {
  index: 'index.agekey',
  indexPublic: 'index.pub',
  signing: 'signing.key',
  signingPublic: 'signing.pub',
} as const;

/** Where a worker's keys lie unless the configuration says otherwise. */
export function defaultKeysDirectory(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  isRoot: boolean = process.getuid?.() === 0,
): string {
  if (isRoot) return '/etc/holdfast/keys';
  const base = environment['XDG_CONFIG_HOME'];
  // The XDG rules: a relative value is as good as none.
  return join(base?.startsWith('/') ? base : join(environment['HOME'] ?? homedir(), '.config'), 'holdfast/keys');
}
