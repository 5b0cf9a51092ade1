import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { HoldfastError } from '../../core/failures.js';
import type { AnswerPrompt } from '../../workers/host-access.js';
import { askSecret, canAsk, shownPrompt } from './ask-person.js';

/** A host may ask for a password, a code, and once more; one that goes on asking gets no more answers. */
const PROMPTS_AT_MOST = 4;

/** Where passwords come from: one that was read, or a person who is asked. */
export type PasswordSource = { readonly kind: 'read'; readonly password: string } | { readonly kind: 'person' };

/** @param file `-`: standard input; undefined: a person. Throws ConfigInvalid when there is neither. */
export async function passwordSource(file: string | undefined): Promise<PasswordSource> {
  if (file === undefined) {
    if (canAsk()) return { kind: 'person' };
    const message = 'there is no terminal to ask for the password at';
    throw new HoldfastError(
      'ConfigInvalid',
      `${message}; give --password-file FILE (- for standard input), or --print`,
    );
  }
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch((error: Error) => {
    throw new HoldfastError('ConfigInvalid', `the password file cannot be read: ${error.message}`);
  });
  const [password = ''] = content.split('\n');
  if (password === '') throw new HoldfastError('ConfigInvalid', `${file} has no password in its first line`);
  return { kind: 'read', password };
}

/** Answers a host's questions. A password that was read is given once, to a question for a password, and to nothing else. */
export function answersFor(host: string, source: PasswordSource): AnswerPrompt {
  let asked = 0;
  return async (prompt) => {
    asked += 1;
    if (asked > PROMPTS_AT_MOST) return undefined;
    if (source.kind === 'person') return askSecret(shownPrompt(host, prompt));
    return asked === 1 && isForPassword(prompt) ? source.password : undefined;
  };
}

/** `root@web1's password: `, `(root@web1) Password: `; not one for a new password, a code or a passphrase. */
const isForPassword = (prompt: string): boolean =>
  /password/i.test(prompt) && !/\b(?:new|old|current|retype|again|change|one-time|otp)\b/i.test(prompt);
