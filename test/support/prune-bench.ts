import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import { encodeManifest } from '../../src/activities/archive/manifest-schema.js';
import type { PrunedSource, PruneSourcesInput } from '../../src/activities/contract.js';
import { pruneSources } from '../../src/activities/prune/prune-sources.js';
import type { ManifestContent } from '../../src/core/archive/manifest.js';
import { backupPrefix, manifestKey } from '../../src/core/archive/manifest-keys.js';
import { backupId } from '../../src/core/ids.js';
import type { OpenRuns } from '../../src/providers/runs/open-runs.js';
import { SshConnections } from '../../src/providers/remote/ssh-connections.js';
import type { DestinationPlan } from '../../src/core/plan.js';
import type { ObjectStorage } from '../../src/providers/storage/object-storage.js';
import { createProviders } from '../../src/workers/providers.js';
import { collected } from './object-feed.js';

export const DAY_MS = 86_400_000;
export const NOW = Date.UTC(2026, 10, 21, 12);
export const RUN = { workflowId: 'prune/vault', runId: 'run-1' };

/** Nothing else goes on. */
export const IDLE: OpenRuns = { isOpen: async () => false, restoring: async () => [] };

/** One host's archived source with backups as they lie in storage, without the work of making them. */
export interface PruneBench {
  readonly directory: string;
  readonly configPath: string;
  readonly storage: ObjectStorage;
  providers(news?: Partial<Providers>): Providers;
  control(): ActivityControl;
  /** Writes the configuration; `rules` are the inherited settings of retention. */
  configure(rules: Record<string, unknown>): Promise<void>;
  /** Stores a backup that started so many days before NOW, a new chain or on `parent`. Gives its id. */
  backup(
    daysAgo: number,
    news?: { readonly parent?: string; readonly status?: 'ok' | 'warning'; readonly atMs?: number },
  ): Promise<string>;
  prune(news?: Partial<PruneSourcesInput>, providers?: Providers): Promise<PrunedSource>;
  /** Ids of the backups that have a manifest. */
  committed(): Promise<string[]>;
  keys(prefix?: string): Promise<string[]>;
  stop(): Promise<void>;
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** @param destination with the way to write it into a configuration; a local directory when left out */
export async function startPruneBench(s3?: { destination: DestinationPlan; text: object }): Promise<PruneBench> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-prune-'));
  const vault = join(directory, 'vault');
  await mkdir(vault);
  const configPath = join(directory, 'config.yaml');
  const connections = new SshConnections();
  const real = createProviders({ machine: 'test', stateDir: join(directory, 'state'), connections, runs: IDLE });
  const storage = await real.openStorage(s3?.destination ?? { name: 'vault', type: 'local', path: vault });
  const chains = new Map<string, readonly string[]>();

  const bench: PruneBench = {
    directory,
    configPath,
    storage,
    providers: (news = {}) => ({ ...real, ...news }),
    control: () => ({
      signal: new AbortController().signal,
      attempt: 1,
      attemptToken: 'prune-1',
      progress: () => undefined,
      log: () => undefined,
    }),
    configure: (rules) =>
      writeFile(
        configPath,
        stringify({
          destinations: { vault: s3?.text ?? { type: 'local', path: vault } },
          hosts: {
            web1: {
              paths: [{ path: '/data', dest_subdir: 'data', engine: 'archive', destination: 'vault', ...rules }],
            },
          },
        }),
      ),
    backup: async (daysAgo, { parent, status = 'ok', atMs = NOW - daysAgo * DAY_MS } = {}) => {
      const below = parent === undefined ? [] : (chains.get(parent) ?? []);
      const id = backupId(atMs, below.length);
      chains.set(id, [...below, id]);
      const prefix = backupPrefix('web1', 'data', id);
      const stored = async (name: string) => {
        const bytes = Buffer.from(`${name} of ${id}`);
        await storage.putIfAbsent(prefix + name, bytes);
        return { name, sha256: sha256(bytes), sizeBytes: bytes.length };
      };
      const time = new Date(atMs).toISOString();
      const [index, shard] = [await stored('index-a.jsonl.zst'), await stored('shard-00000-a.tar.zst')];
      const manifest: ManifestContent = {
        kind: 'holdfast-backup',
        format: 1,
        id,
        host: 'web1',
        source: 'data',
        path: '/data',
        level: below.length,
        parent: parent ?? null,
        chain: [...below, id],
        startedAt: time,
        scannedAt: time,
        finishedAt: time,
        status,
        counts: { entries: 1, files: 0, directories: 1, symlinks: 0, others: 0 },
        changed: 1,
        deleted: 0,
        bytes: { source: 0, raw: 10_240, stored: index.sizeBytes + shard.sizeBytes },
        index: { ...index, lines: 1 },
        shards: [{ ...shard, number: 0, kind: 'directories', rawBytes: 10_240, entries: 1 }],
        flaws: { count: 0, first: [] },
        options: { path: '/data', exclude: [] },
        versions: { holdfast: '0', tar: '1', compressor: 'zstd' },
        run: { workflowId: 'host/web1', runId: `run-of-${id}` },
      };
      await storage.putIfAbsent(manifestKey('web1', 'data', id), encodeManifest(manifest));
      return id;
    },
    prune: async (news = {}, providers = bench.providers()) => {
      const input: PruneSourcesInput = {
        configPath,
        selection: { hosts: [], sources: [], tags: [] },
        destination: 'vault',
        offset: 0,
        limit: 10,
        approve: false,
        sweepOnly: false,
        nowMs: NOW,
        run: RUN,
        ...news,
      };
      const { sources } = await pruneSources(providers, bench.control(), input);
      return sources[0] as PrunedSource;
    },
    committed: async () =>
      (await bench.keys('web1/data/'))
        .filter((key) => key.endsWith('/manifest.json'))
        .map((key) => key.split('/')[2] ?? ''),
    keys: async (prefix = '') => (await collected(storage.listAll(prefix))).map(({ key }) => key),
    stop: async () => {
      await storage.close();
      await connections.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return bench;
}
