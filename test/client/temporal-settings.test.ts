import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingsOfEnvironment } from '../../src/client/temporal-settings.js';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-settings-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

test('without an address or profile the embedded server is meant, whatever else is set', async () => {
  expect(await settingsOfEnvironment({ HOME: home, TEMPORAL_NAMESPACE: 'x', TEMPORAL_ADDRESS: '' })).toBeUndefined();
});

test('TEMPORAL_ADDRESS names a server; a dev server’s UI is known from it', async () => {
  expect(
    await settingsOfEnvironment({ HOME: home, TEMPORAL_ADDRESS: 'localhost:7300', TEMPORAL_NAMESPACE: 'backups' }),
  ).toMatchObject({
    connection: { address: 'localhost:7300' },
    namespace: 'backups',
    uiUrl: 'http://localhost:8300',
  });
  const elsewhere = await settingsOfEnvironment({ HOME: home, TEMPORAL_ADDRESS: 'temporal.example.com:7233' });
  expect(elsewhere).toMatchObject({ namespace: 'default' });
  expect(elsewhere).not.toHaveProperty('uiUrl');
});

test('a profile of Temporal’s configuration file is used as the temporal program would', async () => {
  const file = join(home, 'temporal.toml');
  await writeFile(
    file,
    '[profile.prod]\naddress = "prod.a2b3c.tmprl.cloud:7233"\nnamespace = "prod.a2b3c"\napi_key = "secret"\n',
  );
  const settings = await settingsOfEnvironment({ HOME: home, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'prod' });

  expect(settings).toMatchObject({
    connection: { address: 'prod.a2b3c.tmprl.cloud:7233', apiKey: 'secret' },
    namespace: 'prod.a2b3c',
    uiUrl: 'https://cloud.temporal.io',
  });
});

test('a profile that is not there, or has no address, is an error that names it', async () => {
  const file = join(home, 'temporal.toml');
  await writeFile(file, '[profile.empty]\nnamespace = "x"\n');
  const profile = (name: string): ReturnType<typeof settingsOfEnvironment> =>
    settingsOfEnvironment({ HOME: home, TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: name });

  await expect(profile('absent')).rejects.toMatchObject({
    type: 'TemporalUnreachable',
    message: expect.stringContaining('absent') as string,
  });
  await expect(profile('empty')).rejects.toMatchObject({
    type: 'TemporalUnreachable',
    message: expect.stringContaining('TEMPORAL_PROFILE=empty') as string,
  });
});
