import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { ageFileBytes, ageHeaderBytes } from '../../../src/core/archive/age-format.js';
import { encryptionChange, isRecipient, recipientLines, recipientSet } from '../../../src/core/archive/recipients.js';

const AGE = 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p';
const SSH = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJcSr4UZV0fLo7mDM0J0b3dT5F3h0b2kMYVUFyOiDV0s';

describe('a recipient', () => {
  test.each([AGE, SSH, `${SSH} admin@laptop`, `ssh-rsa ${'A'.repeat(372)}`, `age1pq1${'q'.repeat(1900)}`])(
    'is %s',
    (text) => expect(isRecipient(text)).toBe(true),
  );
  test.each([
    '',
    'age1',
    AGE.toUpperCase(),
    `${AGE}x`,
    'AGE-SECRET-KEY-1QQ',
    'ssh-ed25519',
    `-R${AGE}`,
    `${AGE}\n${AGE}`,
  ])('is not %j', (text) => expect(isRecipient(text)).toBe(false));
  test('is the same whatever its comment, and lists of the same ones are the same', () => {
    expect(recipientSet([`${SSH} a@b`, AGE, `${SSH}  c@d`])).toEqual(recipientSet([AGE, SSH]));
  });
  test('stands in a file by itself on its line', () => {
    expect(recipientLines(`# admins\n\n ${AGE} \n${SSH} a@b\n`)).toEqual([AGE, `${SSH} a@b`]);
  });
});

test('a chain goes on with the same recipients only', () => {
  const record = { recipients: [AGE], indexRecipients: [AGE, SSH] };
  expect(encryptionChange(undefined, undefined)).toBeUndefined();
  expect(encryptionChange(record, { ...record, indexRecipients: [`${SSH} x`, AGE] })).toBeUndefined();
  expect(encryptionChange(undefined, record)).toContain('encrypted now');
  expect(encryptionChange(record, undefined)).toContain('no longer');
  expect(encryptionChange(record, { ...record, recipients: [SSH] })).toContain('recipients');
  expect(encryptionChange(record, { ...record, indexRecipients: [AGE] })).toContain('index key');
});

test.each([0, 1, 65_535, 65_536, 65_537, 200_000])('an age file of %i bytes has the size that is expected', (bytes) => {
  const sealed = execFileSync('age', ['--encrypt', '-r', AGE], { input: Buffer.alloc(bytes) });
  const header = ageHeaderBytes(sealed);
  expect(ageFileBytes(header ?? 0, bytes)).toBe(sealed.byteLength);
  expect(ageHeaderBytes(sealed.subarray(0, 100))).toBeUndefined();
});
