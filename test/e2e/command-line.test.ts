import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runningServer } from '../../src/client/embedded/record.js';
import { startLoopbackHost, type LoopbackHost } from '../../src/demo/loopback-host.js';
import { runCli, runJson, type RunningCli, startCli, startUp, stopUp } from '../support/cli.js';
import { startVersityGw, type S3TestServer } from '../support/versitygw.js';
import { loginOf } from '../support/loopback-login.js';

/** One night in the life of a person: a host, both engines, a bucket, and everything through `bin/holdfast`. */
let directory: string;
let host: LoopbackHost;
let bucket: S3TestServer;
let up: RunningCli;
const environment = (): Record<string, string> => ({ HOLDFAST_STATE_DIR: join(directory, 'state') });
const path = (name: string): string => join(directory, name);

const holdfast = (...words: string[]) => runJson(['--config', path('holdfast.yaml'), ...words], environment());

async function configure(hosts: Record<string, unknown> = {}): Promise<void> {
  const login = loginOf(host);
  await writeFile(
    path('holdfast.yaml'),
    stringify({
      config: { backup_base: path('mirrors'), connect_timeout: 5 },
      destinations: {
        bucket: {
          type: 's3',
          bucket: 'night',
          endpoint: bucket.endpoint,
          access_key_id: { file: path('s3-id') },
          secret_access_key: { file: path('s3-secret') },
        },
      },
      hosts: {
        web1: {
          ...login,
          paths: [
            { path: path('www'), dest_subdir: 'www', engine: 'archive', destination: 'bucket' },
            { path: path('etc'), dest_subdir: 'etc' },
          ],
        },
        ...hosts,
      },
    }),
  );
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-night-'));
  for (const name of ['sshd', 'mirrors', 'www', 'etc', 's3']) await mkdir(path(name), { mode: 0o700 });
  for (const name of ['www', 'etc']) {
    await writeFile(join(path(name), 'index'), `${name} as it was\n`);
    await writeFile(join(path(name), 'kept'), 'the same all along\n');
  }
  host = await startLoopbackHost({ name: 'web1', directory: path('sshd') });
  bucket = await startVersityGw();
  await bucket.createBucket('night');
  await writeFile(path('s3-id'), bucket.accessKeyId, { mode: 0o600 });
  await writeFile(path('s3-secret'), bucket.secretAccessKey, { mode: 0o600 });
  await configure();
  up = await startUp(environment());
});

afterAll(async () => {
  await stopUp(up, path('state'));
  await host.stop();
  await bucket.stop();
  await rm(directory, { recursive: true, force: true });
});

/** Payloads as their text: JSON shows bytes in base64. */
const decoded = (key: string, value: unknown): unknown =>
  key === 'data' && typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : value;

test('two nights to a mirror and a bucket, then yesterday’s file and today’s come back', async () => {
  const first = await holdfast('backup');
  expect(first.exit, first.stderr).toBe(0);
  expect(first.documents[0]).toMatchObject({
    message_type: 'started',
    ui_url: expect.stringContaining('http') as string,
  });
  expect(first.summary).toMatchObject({ message_type: 'summary', status: 'ok', backupsMade: 2, exit_code: 0 });

  await writeFile(join(path('www'), 'index'), 'www as it is now\n');
  await writeFile(join(path('etc'), 'index'), 'etc as it is now\n');
  const second = await holdfast('backup', 'web1');
  expect(second.summary).toMatchObject({ status: 'ok' });

  const listed = await holdfast('backups', 'web1', '--source', 'www');
  const backups = listed.summary['backups'] as { id: string; level: number; source: string }[];
  expect(backups.map(({ level }) => level)).toEqual([1, 0]);

  const older = await holdfast(
    'restore',
    '--host',
    'web1',
    '--source',
    'www',
    '--backup',
    backups[1]?.id ?? '',
    '--target',
    path('older'),
  );
  expect(older.exit, older.stderr).toBe(0);
  expect(await readFile(join(path('older'), 'index'), 'utf8')).toBe('www as it was\n');

  const newer = await holdfast(
    'restore',
    '--host',
    'web1',
    '--source',
    'www',
    '--target',
    path('newer'),
    '--include',
    '/index',
  );
  expect(newer.exit, newer.stderr).toBe(0);
  expect(await readFile(join(path('newer'), 'index'), 'utf8')).toBe('www as it is now\n');
  await expect(readFile(join(path('newer'), 'kept'))).rejects.toThrow('ENOENT');

  const mirrored = await holdfast(
    'restore',
    '--host',
    'web1',
    '--source',
    'etc',
    '--to',
    `web1:${path('etc-restored')}`,
  );
  expect(mirrored.exit, mirrored.stderr).toBe(0);
  expect(await readFile(join(path('etc-restored'), 'index'), 'utf8')).toBe('etc as it is now\n');
});

test('a host that is down is skipped, the other is backed up, and the exit code says so', async () => {
  await configure({ down: { hostname: '127.0.0.1', ssh_port: 1, paths: [{ path: '/etc' }] } });
  const run = await holdfast('backup');
  expect(run.exit).toBe(4);
  expect(run.summary).toMatchObject({ status: 'skipped', counts: { ok: 1, skipped: 1 } });
  const hosts = run.summary['hosts'] as { host: string; failure?: { type: string } }[];
  expect(hosts.find(({ host: name }) => name === 'down')?.failure?.type).toBe('HostUnreachable');
  await configure();
});

test('what is asked wrongly ends with exit code 2 and says what there is', async () => {
  const unknownHost = await holdfast('backup', 'web2');
  expect(unknownHost.exit).toBe(2);
  expect(JSON.stringify(unknownHost.summary)).toContain('web1');
  const unknownSource = await holdfast('restore', '--host', 'web1', '--source', 'ww', '--target', path('nowhere'));
  expect(unknownSource.exit).toBe(2);
  expect(JSON.stringify(unknownSource.summary)).toContain('www');
  const noTarget = await holdfast('restore', '--host', 'web1', '--source', 'www');
  expect(noTarget.exit).toBe(2);
  const noFile = await runCli(['--config', path('missing.yaml'), 'backup'], environment());
  expect(noFile).toMatchObject({ exit: 2, stdout: '' });
  expect(noFile.stderr).toContain('missing.yaml');
});

test('a run is listed, shown, and its secrets stand nowhere in Temporal', async () => {
  const runs = await holdfast('runs');
  const ids = runs.documents.map((document) => String(document['workflow_id']));
  expect(ids.some((id) => id.startsWith('backup/on-demand/'))).toBe(true);
  const shown = await holdfast('runs', 'show', 'host/web1');
  expect(shown.summary).toMatchObject({ kind: 'host-backup', host: 'web1' });
  expect((await holdfast('runs', 'show', 'host/web9')).summary).toMatchObject({ type: 'RunNotFound' });
  const cataloged = await holdfast('runs', 'list', '--host', 'web1');
  expect(cataloged.of('run').find(({ type }) => type === 'fleetBackup')).toMatchObject({
    workflow_id: expect.stringMatching(/^backup\/on-demand\//) as string,
    hosts: expect.arrayContaining([{ host: 'web1', status: 'ok' }]) as object,
  });

  const server = runningServer(path('state'));
  const { Connection, Client } = await import('@temporalio/client');
  const connection = await Connection.connect({ address: server?.address ?? '' });
  const client = new Client({ connection });
  let histories = '';
  for await (const { workflowId, runId } of client.workflow.list()) {
    histories += JSON.stringify(await client.workflow.getHandle(workflowId, runId).fetchHistory(), decoded);
  }
  await connection.close();
  expect(histories).toContain(path('s3-secret'));
  expect(histories).not.toContain(bucket.secretAccessKey);
  expect(histories).not.toContain(await readFile(host.identityFile, 'utf8'));
});

test('doctor and hosts verify tell what is there', async () => {
  const doctor = await holdfast('doctor');
  expect(doctor.exit, doctor.stderr).toBe(0);
  expect(doctor.documents.filter((document) => document['ok'] === true)).toHaveLength(4);
  const hosts = await holdfast('hosts', 'verify', 'web1');
  expect(hosts.documents[0]).toMatchObject({ message_type: 'host', host: 'web1', status: 'ok' });
  const { checks } = hosts.documents[0] as { checks: { check: string; state: string }[] };
  expect(checks.filter(({ check }) => check === 'path').map(({ state }) => state)).toEqual(['ok', 'ok']);
  expect(hosts.summary).toMatchObject({
    message_type: 'summary',
    counts: { ok: 1, warning: 0, failed: 0 },
    exit_code: 0,
  });
});

test('verify and drill find all well; a flipped bit in the bucket ends with exit code 1, and the next backup starts anew', async () => {
  const verified = await holdfast('verify', '--read-data', '--compare');
  expect(verified.exit, verified.stderr).toBe(0);
  expect(verified.summary).toMatchObject({ kind: 'verify-backups', status: 'ok', counts: { ok: 2 } });
  const drilled = await holdfast('drill');
  expect(drilled.exit, drilled.stderr).toBe(0);
  const drills = drilled.summary['sources'] as { source: string; proof: string; files: number }[];
  expect(drills.map(({ proof, files }) => [proof, files])).toEqual([
    ['source', 2],
    ['source', 2],
  ]);
  const proofs = await holdfast('drill', '--list');
  expect(proofs.summary).toMatchObject({ proofs: [{ source: 'www', complete: false }, { source: 'etc' }] });

  const folder = join(bucket.directory, 'night/web1/www');
  const [oldest] = (await readdir(folder)).sort() as [string];
  const shard = (await readdir(join(folder, oldest))).find((name) => name.startsWith('shard-00000')) as string;
  const object = join(folder, oldest, shard);
  const bytes = await readFile(object);
  bytes[40] = (bytes[40] as number) ^ 1;
  await writeFile(object, bytes);
  const bad = await holdfast('verify', 'web1', '--source', 'www', '--read-data');
  expect(bad.exit).toBe(1);
  const [source] = bad.summary['sources'] as { failure: { type: string }; files: { first: { path: string }[] } }[];
  expect(source?.failure.type).toBe('BackupDamaged');
  expect(source?.files.first.map(({ path: name }) => name)).toContain('kept');
  const listed = await holdfast('backups', 'web1', '--source', 'www');
  expect((listed.summary['backups'] as { status: string }[])[0]?.status).toBe('damaged');
  const failed = await holdfast('drill', 'web1', '--source', 'www', '--all');
  expect(failed.exit).toBe(1);
  expect(JSON.stringify(failed.summary)).toContain('DrillFailed');

  await holdfast('backup', 'web1', '--source', 'www');
  const after = await holdfast('backups', 'web1', '--source', 'www');
  expect((after.summary['backups'] as { level: number; status: string }[])[0]).toMatchObject({
    level: 0,
    status: 'ok',
  });
  expect((await holdfast('drill', 'web1', '--source', 'www', '--all')).exit).toBe(0);
});

test('Ctrl-C leaves the run going, says how to come back, and attach brings its result', async () => {
  await mkdir(path('scripts'));
  // The script waits for the test, so that the run is surely under way when the person leaves.
  await writeFile(join(path('scripts'), 'wait.sh'), `while [ ! -e ${path('go-on')} ]; do sleep 0.1; done\n`, {
    mode: 0o755,
  });
  const text = await readFile(path('holdfast.yaml'), 'utf8');
  await writeFile(
    path('slow.yaml'),
    text
      .replace('config:\n', `config:\n  scripts_dir: ${path('scripts')}\n`)
      .replace('dest_subdir: etc\n', 'dest_subdir: etc\n        pre_script: wait\n'),
  );
  const backup = startCli(
    ['--config', path('slow.yaml'), '--json', 'backup', 'web1', '--source', 'etc'],
    environment(),
  );
  const [, workflowId] = await backup.until(/"workflow_id":"([^"]+)"/);
  backup.kill('SIGINT');
  expect(await backup.ended).toBe(130);
  expect(backup.stderr()).toContain(`holdfast runs attach ${workflowId ?? ''}`);
  await writeFile(path('go-on'), '');
  const attached = await holdfast('runs', 'attach', workflowId ?? '');
  expect(attached.exit, attached.stderr).toBe(0);
  expect(attached.summary).toMatchObject({ status: 'ok', backupsMade: 1 });
});
