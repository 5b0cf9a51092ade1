import { readFileSync, readdirSync } from 'node:fs';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/client/program.js';
import { splitWords } from '../../src/config/split-words.js';

/** Every command that a manual shows must be one that the program takes. */
const MANUALS = [
  'README.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));

function shownCommands(manual: string): string[] {
  const blocks = readFileSync(manual, 'utf8').matchAll(/```(?:sh|console)\n([\s\S]*?)```/g);
  return [...blocks]
    .flatMap(([, block]) => (block ?? '').replaceAll('\\\n', ' ').split('\n'))
    .map((line) =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+#.*$/, '')
        .trim(),
    )
    .filter((line) => /^(\.\/bin\/)?holdfast /.test(line));
}

const withoutActions = (command: Command): void => {
  command.action(() => undefined).configureOutput({ writeErr: () => undefined });
  command.commands.forEach(withoutActions);
};

describe.each(MANUALS)('%s', (manual) => {
  test('shows only commands that exist', async () => {
    for (const line of shownCommands(manual)) {
      const program = createProgram();
      withoutActions(program);
      const words = splitWords(line);
      await expect(program.parseAsync(['node', ...(words as string[])]), line).resolves.toBe(program);
    }
  });
});

test('the manuals do show commands', () => {
  expect(MANUALS.flatMap(shownCommands).length).toBeGreaterThan(10);
});
