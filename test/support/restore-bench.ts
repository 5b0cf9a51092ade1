import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import { decodeManifest, encodeManifest } from '../../src/activities/archive/manifest-schema.js';
import type { RestorePlan, RestoreReport, RestoreRequest } from '../../src/activities/contract.js';
import { discardRestore } from '../../src/activities/restore/discard-restore.js';
import { extractShard } from '../../src/activities/restore/extract-shard.js';
import { finishRestore } from '../../src/activities/restore/finish-restore.js';
import { planRestore } from '../../src/activities/restore/plan-restore.js';
import { prepareRestore } from '../../src/activities/restore/prepare-restore.js';
import { restoreExtents } from '../../src/activities/restore/restore-extents.js';
import type { Manifest } from '../../src/core/archive/manifest.js';
import type { DestinationPlan } from '../../src/core/plan.js';
import { type LoopbackHost, startLoopbackHost } from '../../src/demo/loopback-host.js';
import { type ArchiveBench, startArchiveBench } from './archive-bench.js';

export interface Restored {
  readonly plan: RestorePlan;
  readonly report: RestoreReport;
}

/** An archived source on a real host, and its restores without Temporal. */
export interface RestoreBench extends ArchiveBench {
  request(news?: Partial<RestoreRequest>): RestoreRequest;
  planRestore(news?: Partial<RestoreRequest>, providers?: Providers): Promise<RestorePlan>;
  /** All steps, as the workflow takes them; what a failed one leaves is discarded. */
  restore(news?: Partial<RestoreRequest>, providers?: Providers): Promise<Restored>;
  /** A path in the bench's directory. */
  path(name: string): string;
  /** Directory of one backup in the destination. */
  backupFolder(id: string): string;
  /**
   * Lets a backup's scan seem to have been an hour later than it was, so that the next one takes what has not changed since for unchanged at once
   * instead of after the two seconds of doubt.
   */
  settle(id: string): void;
  rewriteManifest(id: string, change: (manifest: Manifest) => Manifest): void;
}

const RUN = { workflowId: 'restore/web1/data/test', runId: 'run-1' };

/**
 * @param destination instead of a local directory
 * @param objects where the destination's objects lie as files, when it is no local directory
 */
export async function startRestoreBench(destination?: DestinationPlan, objects?: string): Promise<RestoreBench> {
  const archive = await startArchiveBench(destination);
  const configPath = join(archive.directory, 'config.yaml');
  await mkdir(join(archive.directory, 'targets'));
  const mirrors = join(archive.directory, 'mirrors');
  await mkdir(mirrors);
  const web2 = await startHostWithoutZstd(archive.directory);
  const vault = destination ?? { name: 'vault', type: 'local', path: archive.vault };
  const text = configText([archive.host, web2], vault, archive.tree);
  await writeFile(
    configPath,
    text.replace('hosts:', `  mirrors: {type: local, path: ${JSON.stringify(mirrors)}}\nhosts:`),
  );
  let runs = 0;

  const bench: RestoreBench = {
    ...archive,
    stop: async () => {
      await web2.stop();
      await archive.stop();
    },
    path: (name) => join(archive.directory, name),
    backupFolder: (id) => join(objects ?? archive.vault, 'web1', 'data', id),
    request: (news = {}) => ({
      configPath,
      host: 'web1',
      source: 'data',
      point: { latest: true },
      include: [],
      target: { kind: 'local', path: join(archive.directory, 'targets', `t${(runs += 1)}`), machine: 'test' },
      overwrite: 'changed',
      delete: false,
      dryRun: false,
      unfinished: false,
      ...news,
    }),
    planRestore: (news, providers = archive.providers) =>
      planRestore(providers, control(archive), { request: bench.request(news), run: RUN }),
    restore: async (news, providers = archive.providers) => {
      const request = bench.request(news);
      const plan = await planRestore(providers, control(archive), { request, run: RUN });
      const input = { request, plan, run: RUN };
      try {
        await prepareRestore(providers, control(archive), input);
        for (let part = 0; part < plan.parts; part += 2) {
          const pair = [part, part + 1].filter((number) => number < plan.parts);
          await Promise.all(
            pair.map((number) => extractShard(providers, control(archive), { ...input, part: number })),
          );
        }
        for (let part = 0; part < (plan.extentParts ?? 0); part += 1) {
          await restoreExtents(providers, control(archive), { ...input, part });
        }
        return { plan, report: await finishRestore(providers, control(archive), input) };
      } catch (error) {
        await discardRestore(providers, control(archive), input);
        throw error;
      }
    },
    settle: (id) =>
      bench.rewriteManifest(id, (manifest) => ({
        ...manifest,
        scannedAt: new Date(Date.parse(manifest.scannedAt) + 3_600_000).toISOString(),
      })),
    rewriteManifest: (id, change) => {
      const file = join(bench.backupFolder(id), 'manifest.json');
      const { checksum: _, ...changed } = change(decodeManifest(readFileSync(file), file));
      writeFileSync(file, encodeManifest(changed));
    },
  };
  return bench;
}

const control = (archive: ArchiveBench): ActivityControl => archive.control();

/** As a person would write it. */
function configText(hosts: readonly LoopbackHost[], destination: DestinationPlan, tree: string): string {
  const { keysDir, restoreIdentity } = destination;
  return `
config: ${JSON.stringify({ keys_dir: keysDir, restore_identity: restoreIdentity })}
destinations:
  vault: ${JSON.stringify(destinationText(destination))}
hosts:
${hosts.map((host) => hostText(host, tree)).join('\n')}
`;
}

const hostText = (host: LoopbackHost, tree: string): string => `
  ${host.name}:
    hostname: 127.0.0.1
    ssh_port: ${host.port}
    ssh_user: ${JSON.stringify(host.user)}
    ssh_key: ${JSON.stringify(host.identityFile)}
    ssh_options: {UserKnownHostsFile: ${JSON.stringify(host.knownHostsFile)}}
    paths:
      - {path: ${JSON.stringify(tree)}, dest_subdir: data, engine: archive, destination: vault}
      ${host.name === 'web1' ? `- {path: ${JSON.stringify(tree)}, dest_subdir: mirrored, engine: mirror, destination: mirrors}` : ''}`;

function destinationText(destination: DestinationPlan): Record<string, unknown> {
  const { encryption, verifyKeys } = destination;
  const protection = {
    encryption: encryption && { recipients: encryption.recipients, recipients_file: encryption.recipientsFile },
    verify_keys: verifyKeys,
  };
  if (destination.type === 'local') return { type: 'local', path: destination.path, ...protection };
  const { type, bucket, endpoint, accessKeyId, secretAccessKey } = destination;
  return { type, bucket, endpoint, access_key_id: accessKeyId, secret_access_key: secretAccessKey, ...protection };
}

/** A host that lacks zstd: its sshd gives sessions a PATH with everything else. */
async function startHostWithoutZstd(directory: string): Promise<LoopbackHost> {
  const [keys, programs] = [join(directory, 'keys-web2'), join(directory, 'programs')];
  for (const made of [keys, programs]) await mkdir(made, { mode: 0o755 });
  for (const name of readdirSync('/usr/bin')) {
    if (!name.includes('zst')) symlinkSync(join('/usr/bin', name), join(programs, name));
  }
  return startLoopbackHost({ name: 'web2', directory: keys, sshdOptions: [`SetEnv PATH=${programs}`] });
}

/** An exact copy, made by other tools than the ones under test. */
export const copyTree = (from: string, to: string): void => {
  execFileSync('cp', ['-a', '--', from, to]);
};

/** The files of a backup in the destination whose names begin so. */
export const objectsNamed = (folder: string, prefix: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .sort()
    .map((name) => join(folder, name));
