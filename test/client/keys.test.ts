import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { registerKeysCommands } from '../../src/client/commands/keys.js';

const directory = mkdtempSync(join(tmpdir(), 'holdfast-keys-cli-'));
afterAll(() => rmSync(directory, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
});

/** Runs a command in this process and gives what it wrote. */
async function run(...args: string[]): Promise<{ stdout: string; stderr: string; exitCode: unknown }> {
  const written = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text);
      return true;
    }),
  );
  const program = new Command('holdfast').option('-c, --config <file>').option('--json').exitOverride();
  registerKeysCommands(program);
  try {
    await program.parseAsync(['node', 'holdfast', ...args]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { ...written, exitCode: process.exitCode };
}

test('holdfast keys makes keys once, says what each is for, and shows the public parts', async () => {
  const config = join(directory, 'config.yaml');
  const keysDir = join(directory, 'keys');
  writeFileSync(
    config,
    `config: {keys_dir: ${keysDir}, backup_base: ${directory}}\nhosts: {web1: {paths: [{path: /etc}]}}\n`,
  );
  const none = await run('keys', 'show', '--config', config);
  expect(none).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('holdfast keys init') as string });

  process.exitCode = undefined;
  const made = await run('keys', 'init', '--config', config);
  expect(made.stdout).toContain(`index key (made): ${keysDir}/index.agekey`);
  expect(made.stderr).toContain('does not belong here');
  expect(made.stdout + made.stderr).not.toContain('AGE-SECRET-KEY');
  expect(readdirSync(keysDir)).toContain('signing.key');

  const again = await run('keys', 'init', '--json', '--config', config);
  expect(JSON.parse(again.stdout)).toMatchObject({ made: { index: false, signing: false }, directory: keysDir });
  const shown = await run('keys', 'show', '--config', config);
  const { index_recipient, verify_key } = JSON.parse(again.stdout) as Record<string, string>;
  expect(shown).toMatchObject({
    exitCode: undefined,
    stdout: `index recipient: ${index_recipient}\nverify key: ${verify_key}\n`,
  });
});
