import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { registerConfigCommands } from '../../src/client/commands/config.js';
import { parseConfig } from '../../src/config/load.js';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-config-cli-'));
const WHOLE = fileURLToPath(new URL('../config/files/whole.yaml', import.meta.url));
const BAD = fileURLToPath(new URL('../config/files/bad-logic.config', import.meta.url));
afterAll(() => rmSync(folder, { recursive: true }));
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
  const program = new Command('holdfast')
    .option('-c, --config <file>')
    .option('--json')
    .option('-q, --quiet')
    .exitOverride();
  registerConfigCommands(program);
  try {
    await program.parseAsync(['node', 'holdfast', ...args]);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return { ...written, exitCode: process.exitCode };
}

test('check says that a file is valid, and warns of what this machine does not have', async () => {
  const { stdout, stderr, exitCode } = await run('-c', WHOLE, 'config', 'check');
  expect(stdout).toBe(`${WHOLE} is valid: 2 hosts, 3 sources, 0 schedules.\n`);
  expect(stderr).toContain('note: config.lock_file is not used');
  expect(stderr).toContain(
    'warning: exclude_file of server1:home: /etc/backup/excludes/home.txt is not on this machine',
  );
  expect(exitCode).toBeUndefined();
});

test('check names every mistake, one a line, and ends with 2', async () => {
  const { stdout, exitCode } = await run('-c', BAD, 'config', 'check');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(line).toMatch(/^\/.*bad-logic\.config:\d+:\d+: [^:]+: .+; .+$/);
  expect(exitCode).toBe(2);
});

test('check --json gives the mistakes as data, and nothing else on standard output', async () => {
  const { stdout, exitCode } = await run('-c', BAD, '--json', 'config', 'check');
  const result = JSON.parse(stdout) as { valid: boolean; problems: unknown[] };
  expect(result).toMatchObject({ message_type: 'summary', valid: false, path: BAD, exit_code: 2 });
  expect(result.problems).toContainEqual({
    file: BAD,
    line: 21,
    column: 22,
    path: 'hosts.web.paths[7].destination',
    message: 'there is no destination "ofsite"; did you mean "offsite"?',
  });
  expect(exitCode).toBe(2);
});

test('show prints YAML that says where each value comes from', async () => {
  const { stdout } = await run('-c', WHOLE, 'config', 'show', 'server2');
  expect(stdout).toContain('    ssh_user: root  # line 18\n');
  expect(stdout).toContain('        engine: mirror  # default\n');
  expect(stdout).not.toContain('server1');
  const json = JSON.parse((await run('-c', WHOLE, '--json', 'config', 'show')).stdout) as { values: unknown[] };
  expect(json.values).toContainEqual({
    path: ['hosts', 'server1', 'sources', 'home', 'preserve_ownership'],
    value: false,
    origins: [{ from: 'file', line: 10, inheritedFrom: 'host' }],
  });
  await expect(run('-c', WHOLE, 'config', 'show', 'server3')).rejects.toMatchObject({ type: 'HostNotInConfig' });
});

test('schema prints draft-07 with every key described', async () => {
  const schema = JSON.parse((await run('config', 'schema')).stdout) as {
    $schema: string;
    properties: Record<string, { description: string }>;
  };
  expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#');
  expect(Object.keys(schema.properties)).toEqual([
    'version',
    'config',
    'hosts',
    'destinations',
    'snapshots',
    'catalog',
    'metrics',
    'schedules',
  ]);
  expect(JSON.parse((await run('--json', 'config', 'schema')).stdout)).toEqual(schema);
});

test('init writes a file that is valid as it is and with every comment taken off, and overwrites nothing', async () => {
  const file = join(folder, 'new', 'holdfast.yaml');
  await run('config', 'init', file);
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/holdfast\.schema\.json\n/);
  expect(JSON.parse(readFileSync(join(folder, 'new', 'holdfast.schema.json'), 'utf8'))).toHaveProperty('$schema');
  parseConfig(text, file);
  const opened = text.replace(/^(\s*)# (?=\s*(?:-? ?[a-z_]+:|server|offsite|nightly))/gm, '$1');
  const { hosts, schedules, destinations } = parseConfig(opened, file);
  expect(hosts[0]?.sources.map(({ engine, destination }) => [engine, destination.name])).toEqual([
    ['mirror', 'backup_base'],
    ['mirror', 'backup_base'],
    ['archive', 'offsite'],
  ]);
  expect([schedules.length, destinations.length]).toEqual([1, 2]);
  writeFileSync(file, 'mine');
  await expect(run('config', 'init', file)).rejects.toMatchObject({ type: 'ConfigExists' });
  expect(readFileSync(file, 'utf8')).toBe('mine');
});
