import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseDocument } from '../../src/config/document.js';
import { ConfigInvalidError, parseConfig } from '../../src/config/load.js';
import { resolveDocument } from '../../src/config/resolve.js';

const FOLDER = new URL('files/', import.meta.url);
const names = readdirSync(fileURLToPath(FOLDER)).filter((name) => /^bad-.*\.config$/.test(name));

function mistakesOf(text: string, file: string): string {
  try {
    parseConfig(text, file);
    return 'no mistake\n';
  } catch (error) {
    if (error instanceof ConfigInvalidError) return `${error.message}\n`;
    throw error;
  }
}

test.each(names)(
  'all mistakes of %s are named at once, each with its place and what to write instead',
  async (name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8');
    await expect(mistakesOf(text, name)).toMatchFileSnapshot(
      fileURLToPath(new URL(name.replace('.config', '.mistakes'), FOLDER)),
    );
  },
);

test('schema mistakes and mistakes between parts are found in one go', () => {
  const { problems } = resolveDocument(
    parseDocument(
      [
        'config: {backup_base: relative}',
        'hosts:',
        '  a:',
        '    ssh_port: 99999',
        '    paths: [{path: nowhere}, {path: /x, engine: archive, destination: ofsite}, {path: /x/y}, {path: /y, dest_subdir: x}]',
        'destinations: {offsite: {type: local, path: /o}}',
        'schedules: {s: {every: 1h, cron: "0 0 * * *", hosts: [b]}}',
      ].join('\n'),
      'f',
    ),
  );
  expect(problems.map(({ path }) => path).sort()).toEqual([
    'config.backup_base',
    'hosts.a.paths[0].path',
    'hosts.a.paths[1].destination',
    'hosts.a.paths[2].path',
    'hosts.a.paths[3].dest_subdir',
    'hosts.a.ssh_port',
    'schedules.s',
    'schedules.s.hosts[0]',
  ]);
});

test('places are those of the file although wrong items before them were left out', () => {
  const { problems } = resolveDocument(
    parseDocument(
      'config: {backup_base: /b}\nhosts:\n  a:\n    paths:\n    - {}\n    - path: /a\n    - 5\n    - path: /a\n',
      'f',
    ),
  );
  expect(problems.map(({ line, path }) => [line, path])).toContainEqual([8, 'hosts.a.paths[3].path']);
});

test('a secret that stands in the file is never repeated in a message', () => {
  const text = (secret: string) =>
    `config: {backup_base: /b}\nhosts: {a: {paths: [{path: /a}]}}\ndestinations:\n  o: {type: s3, bucket: bbb, endpoint: "https://u:canary@h", access_key_id: ${secret}, secret_access_key: ${secret}, session_token: ${secret}, password: canary}\n`;
  for (const secret of [
    'canary',
    '{env: "canary canary"}',
    '{command: canary}',
    '[canary]',
    '{envv: canary}',
    '{env: {canary: 1}}',
  ]) {
    const message = mistakesOf(text(secret), 'f').replaceAll('password', '');
    expect(message).toContain('o.secret_access_key');
    expect(message).not.toContain('canary');
  }
});

test('text that a terminal would act on is shown escaped', () => {
  const message = mistakesOf(
    'hosts: {a: {ssh_user: "x\\e[31m\\u202ey", paths: [{path: /a}]}}\nconfig: {backup_base: /b}',
    'f',
  );
  expect(message).toContain('"x\\u001b[31m\\u{202e}y" is not a user');
});
