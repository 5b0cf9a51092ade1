import { expect, test } from 'vitest';
import { ConfigInvalidError, parseConfig } from '../../src/config/load.js';

const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const VERIFY = '0vCK1RXcVNKNDFhdkrNDFMv1CtBz9hRtYk6YqTYXxxk=';

const file = (vault: string, path = '{path: /etc, engine: archive, destination: vault}', config = '{}'): string =>
  `config: ${config}\ndestinations:\n  vault: {type: local, path: /srv/vault, ${vault}}\nhosts:\n  web1: {paths: [${path}]}\n`;

const problemsOf = (text: string): readonly string[] => {
  try {
    parseConfig(text, 'f');
    return [];
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    return error.problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
  }
};

test('a plan carries recipients, keys for signatures, and where the private key is, but no private key', () => {
  const config = '{keys_dir: /etc/keys, restore_identity: {file: /media/safe/restore.key}}';
  const { hosts } = parseConfig(
    file(
      `encryption: {recipients: [${AGE}], recipients_file: /etc/more}, verify_keys: ["${VERIFY}", /etc/other.pub]`,
      undefined,
      config,
    ),
    'f',
  );
  expect(hosts[0]?.sources[0]?.destination).toEqual({
    name: 'vault',
    type: 'local',
    path: '/srv/vault',
    encryption: { recipients: [AGE], recipientsFile: '/etc/more' },
    verifyKeys: [VERIFY, '/etc/other.pub'],
    keysDir: '/etc/keys',
    restoreIdentity: { file: '/media/safe/restore.key' },
  });
});

test.each<[string, string, string]>([
  ['a recipient that is none', 'encryption: {recipients: [age1x]}', '3:68 destinations.vault.encryption.recipients[0]'],
  ['nobody', 'encryption: {}', '3:54 destinations.vault.encryption'],
  ['an empty list', 'encryption: {recipients: []}', '3:67 destinations.vault.encryption.recipients'],
  ['a key that is none', 'verify_keys: [abc]', '3:56 destinations.vault.verify_keys[0]'],
  ['a word it does not know', 'encryption: {recipient: x}', '3:55 destinations.vault.encryption.recipient'],
])('%s is a mistake with its place', (_, vault, place) => {
  expect(problemsOf(file(vault)).join('\n')).toContain(place);
});

test('a private key among the recipients is refused without being shown', () => {
  const problems = problemsOf(file('encryption: {recipients: [AGE-SECRET-KEY-1CANARY]}')).join('\n');
  expect(problems).toContain('recipients[0]');
  expect(problems).not.toContain('CANARY');
});

test('a mirror cannot go to an encrypted destination', () => {
  const text = file(`encryption: {recipients: [${AGE}]}`, '{path: /etc, destination: vault}');
  expect(problemsOf(text).join()).toContain('a mirror is a plain copy');
});
