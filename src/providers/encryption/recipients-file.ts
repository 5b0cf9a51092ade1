import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The path of a file with these recipients, one a line. Named by its content: written once, never changed, shared by all who need it. */
export function recipientsFile(directory: string, recipients: readonly string[]): string {
  const text = recipients.map((recipient) => `${recipient}\n`).join('');
  const file = join(directory, `recipients-${createHash('sha256').update(text).digest('hex').slice(0, 32)}`);
  if (existsSync(file)) return file;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fresh = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  renameSync(fresh, file);
  return file;
}
