import { sayable } from '../../core/hosts/checks.js';

/** Whether somebody sits at a terminal who can be asked. */
export const canAsk = (): boolean => process.stdin.isTTY === true && process.stderr.isTTY === true;

/** Questions go to standard error: standard output is for results. */
const terminal = { output: process.stderr, clearPromptOnDone: false } as const;

export async function askText(message: string): Promise<string> {
  const { default: input } = await import('@inquirer/input');
  return input({ message }, terminal);
}

/** What is typed is not shown, and kept nowhere. */
export async function askSecret(message: string): Promise<string> {
  const { default: input } = await import('@inquirer/input');
  return input({ message, transformer: () => '' }, terminal);
}

/** A host's own question may hold anything. */
export const shownPrompt = (host: string, prompt: string): string => `${host} asks: ${sayable(prompt)}`;
