import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { splitWords } from '../config/split-words.js';
import type { SecretRef } from '../core/plan.js';

/** The words of a command that needs the private key of an encrypted backup. */
export interface IdentityOptions {
  readonly identity?: string;
  readonly identityCommand?: string;
}

export const identityOptions = (): Option[] => [
  new Option('--identity <file>', 'private key of an encrypted backup (age or SSH), on the machine that does the work'),
  new Option('--identity-command <command>', 'command there that prints the private key').conflicts('identity'),
];

/** Where the key is: only that travels, never the key. Undefined: what the configuration names. */
export function identityOf(command: Command, { identity, identityCommand }: IdentityOptions): SecretRef | undefined {
  if (identity !== undefined) return { file: resolve(identity) };
  if (identityCommand === undefined) return undefined;
  const words = splitWords(identityCommand);
  if ('unclosed' in words) return command.error(`--identity-command: the quote ${words.unclosed} is not closed`);
  if (words.length === 0) return command.error('--identity-command: write a program and its arguments');
  return { command: words };
}
