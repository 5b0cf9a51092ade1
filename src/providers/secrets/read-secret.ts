import { open } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { execa } from 'execa';
import { HoldfastError } from '../../core/failures.js';
import type { SecretRef } from '../../core/plan.js';
import { secretName } from '../../core/secret-name.js';

const COMMAND_TIME_LIMIT_MS = 30_000;
const LONGEST_SECRET_BYTES = 64 * 1024;

/**
 * The secret that a reference names, on this machine, without the line end after it.
 * SecretUnavailable names the reference, never what was read; a command's output is not quoted either, as it may hold the secret.
 */
export async function readSecret(reference: SecretRef): Promise<string> {
  const secret = withoutLineEnd(await rawSecret(reference));
  if (secret === '') throw unavailable(reference, 'it is empty');
  return secret;
}

async function rawSecret(reference: SecretRef): Promise<string> {
  if ('env' in reference) return process.env[reference.env] ?? refuse(reference, 'it is not set');
  if ('file' in reference) return contentOf(reference);
  return outputOf(reference);
}

/** A secret's file belongs to its owner: one that everybody may read, or that others may write, is refused. Its group may read it. */
async function contentOf(reference: { readonly file: string }): Promise<string> {
  if (!isAbsolute(reference.file)) throw unavailable(reference, 'its path is not absolute');
  try {
    const file = await open(reference.file, 'r');
    try {
      const status = await file.stat();
      const mode = (status.mode & 0o777).toString(8).padStart(4, '0');
      if (!status.isFile()) throw unavailable(reference, 'it is not a regular file');
      if (status.mode & 0o026) throw unavailable(reference, `its mode is ${mode}; use 0600 or 0640`);
      if (status.size > LONGEST_SECRET_BYTES) throw unavailable(reference, `it has ${status.size} bytes`);
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    throw unavailable(reference, (error as NodeJS.ErrnoException).code ?? 'it could not be read');
  }
}

async function outputOf(reference: { readonly command: readonly string[] }): Promise<string> {
  const [program, ...words] = reference.command;
  if (program === undefined) throw unavailable(reference, 'it names no program');
  const result = await execa(program, words, {
    reject: false,
    timeout: COMMAND_TIME_LIMIT_MS,
    forceKillAfterDelay: 2_000,
    maxBuffer: LONGEST_SECRET_BYTES,
    stdin: 'ignore',
    stderr: 'ignore',
    stripFinalNewline: false,
  });
  if (result.timedOut) throw unavailable(reference, `it took longer than ${COMMAND_TIME_LIMIT_MS / 1000} s`);
  if (result.isMaxBuffer) throw unavailable(reference, `it printed more than ${LONGEST_SECRET_BYTES} bytes`);
  if (result.failed) throw unavailable(reference, endOf(result));
  return result.stdout;
}

function endOf(result: { exitCode?: number; signal?: string; code?: string }): string {
  if (result.exitCode !== undefined) return `it ended with exit code ${result.exitCode}`;
  if (result.signal !== undefined) return `it was ended by ${result.signal}`;
  return `it could not be started (${result.code ?? 'unknown'})`;
}

const withoutLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

const unavailable = (reference: SecretRef, why: string): HoldfastError =>
  new HoldfastError('SecretUnavailable', `cannot read a secret from ${secretName(reference)}: ${why}`);

function refuse(reference: SecretRef, why: string): never {
  throw unavailable(reference, why);
}
