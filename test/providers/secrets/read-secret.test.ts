import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { SecretRef } from '../../../src/core/plan.js';
import { readSecret } from '../../../src/providers/secrets/read-secret.js';

const SECRET = 'tell-nobody';
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-secret-'));
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

async function secretFile(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

/** The message of the refusal, which must name `place` and not the secret. */
async function refusal(reference: SecretRef, place: string): Promise<string> {
  const error: unknown = await readSecret(reference).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ type: 'SecretUnavailable' });
  const { message, cause } = error as Error;
  expect(message).toContain(place);
  expect(message + JSON.stringify(cause ?? '')).not.toContain(SECRET);
  return message;
}

describe('a secret', () => {
  test('comes from a variable, a file or a command, without the line end after it and otherwise as it is', async () => {
    vi.stubEnv('HOLDFAST_TEST_SECRET', ` ${SECRET} \n`);
    expect(await readSecret({ env: 'HOLDFAST_TEST_SECRET' })).toBe(` ${SECRET} `);
    expect(await readSecret({ file: await secretFile('plain', `${SECRET}\r\n`) })).toBe(SECRET);
    expect(await readSecret({ file: await secretFile('group', 'two\nlines\n\n', 0o640) })).toBe('two\nlines\n');
    expect(await readSecret({ command: ['printf', '%s\\n', `$HOME ${SECRET}`] })).toBe(`$HOME ${SECRET}`);
  });

  test('that is not set, empty or not there is refused by its name', async () => {
    vi.stubEnv('HOLDFAST_TEST_SECRET', '');
    expect(await refusal({ env: 'HOLDFAST_TEST_ABSENT' }, 'the variable HOLDFAST_TEST_ABSENT')).toContain('not set');
    expect(await refusal({ env: 'HOLDFAST_TEST_SECRET' }, 'HOLDFAST_TEST_SECRET')).toContain('empty');
    expect(await refusal({ file: join(directory, 'absent') }, `the file ${directory}/absent`)).toContain('ENOENT');
    expect(await refusal({ file: 'relative' }, 'the file relative')).toContain('not absolute');
    expect(await refusal({ file: directory }, directory)).toContain('not a regular file');
    expect(await refusal({ command: [] }, 'the command')).toContain('no program');
  });

  test.each([0o604, 0o644, 0o620, 0o602])(
    'in a file of mode %o is refused: others may read or write it',
    async (mode) => {
      const message = await refusal({ file: await secretFile(`open-${mode}`, SECRET, mode) }, 'the file');
      expect(message).toContain('use 0600 or 0640');
    },
  );

  test('whose command fails, is killed or does not exist is refused, without its output or arguments', async () => {
    const script = `echo ${SECRET}; echo ${SECRET} >&2;`;
    expect(await refusal({ command: ['sh', '-c', `${script} exit 3`] }, 'the command sh')).toContain('exit code 3');
    expect(await refusal({ command: ['sh', '-c', `${script} kill -9 $$`] }, 'the command sh')).toContain('SIGKILL');
    expect(await refusal({ command: ['holdfast-no-such-program', SECRET] }, 'holdfast-no-such')).toContain('ENOENT');
    expect(await refusal({ command: ['head', '-c', '100000', '/dev/zero'] }, 'the command head')).toContain('65536');
  });
});
