import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Providers } from '../../../src/activities/activity-control.js';
import { openRepository } from '../../../src/activities/archive/open-repository.js';
import { readDamage, writeDamage } from '../../../src/activities/verify/damage-records.js';
import type { DamageRecord } from '../../../src/core/verify/damage.js';
import { AgeEncryption } from '../../../src/providers/encryption/age-encryption.js';
import { KeyFiles } from '../../../src/providers/keys/key-files.js';
import { LocalStorage } from '../../../src/providers/storage/local-storage.js';
import { type EncryptedVault, filesBelow, makeEncryptedVault } from '../../support/encrypted-vault.js';

let vault: EncryptedVault;
let providers: Providers;
beforeAll(async () => {
  vault = await makeEncryptedVault();
  providers = {
    openStorage: async () => new LocalStorage(vault.destination.path),
    encryption: new AgeEncryption(join(vault.directory, 'recipients')),
    keys: new KeyFiles(),
    seenDirectory: join(vault.directory, 'seen'),
  } as Partial<Providers> as Providers;
});
afterAll(() => vault.remove());

test('a record of damage in an encrypted destination names files to those only who can read the index', async () => {
  const record: DamageRecord = {
    kind: 'holdfast-damage',
    format: 1,
    host: 'web1',
    source: 'data',
    backupId: '20261121T042200Z-0',
    foundAt: '2026-11-21T04:22:00.000Z',
    whole: false,
    objects: { count: 1, first: [{ name: 'shard-00000-a.tar.zst.age', problem: 'payroll/salaries.ods is not there' }] },
    files: { count: 1, first: [{ path: 'payroll/salaries.ods', backups: ['20261121T042200Z-0'] }] },
    touches: [],
    spared: [],
    run: { workflowId: 'verify/x', runId: 'r' },
  };
  const storage = await openRepository(providers, vault.destination);
  await writeDamage(storage, record);
  for (const { text } of filesBelow(vault.destination.path)) expect(text).not.toContain('salaries');
  expect((await readDamage(storage, 'web1', 'data')).get(record.backupId)).toEqual(record);

  const elsewhere = await openRepository(providers, { ...vault.destination, keysDir: join(vault.directory, 'none') });
  const [seen] = [...(await readDamage(elsewhere, 'web1', 'data')).values()];
  expect(seen).toMatchObject({
    files: { count: 1, first: [] },
    objects: { first: [{ name: record.objects.first[0]?.name }] },
  });
});
