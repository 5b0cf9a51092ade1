import type { SecretRef } from './plan.js';

/** For messages: `the variable X`, `the file P`, `the command C`; a command's arguments are left out, as they may be private. */
export function secretName(reference: SecretRef): string {
  if ('env' in reference) return `the variable ${reference.env}`;
  if ('file' in reference) return `the file ${reference.file}`;
  return `the command ${reference.command[0] ?? '(empty)'}`;
}
