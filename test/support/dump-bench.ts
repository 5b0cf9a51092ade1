import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import type { CommitDumpResult, DumpPlanned, RestoreRequest, WriteDumpResult } from '../../src/activities/contract.js';
import { commitDump } from '../../src/activities/dump/commit-dump.js';
import { planDump } from '../../src/activities/dump/plan-dump.js';
import { writeDump } from '../../src/activities/dump/write-dump.js';
import { parseConfig } from '../../src/config/load.js';
import type { Manifest } from '../../src/core/archive/manifest.js';
import type { BackupOptions, DestinationPlan, HostPlan, SourcePlan } from '../../src/core/plan.js';
import type { Restored, RestoreBench } from './restore-bench.js';
import { startRestoreBench } from './restore-bench.js';

const RUN = { workflowId: 'host/web1', runId: 'run-1' };
let clockMs = Date.now() - 86_400_000;

export interface DumpWork {
  readonly control?: Partial<ActivityControl>;
  readonly options?: Partial<BackupOptions>;
  readonly providers?: Providers;
  readonly source?: Partial<SourcePlan>;
  readonly run?: typeof RUN;
}

export interface DumpedRun {
  readonly planned: DumpPlanned;
  readonly written: readonly WriteDumpResult[];
  readonly commit: CommitDumpResult;
}

/** One source that is a dump, on a real host, and its steps without Temporal. */
export interface DumpSource {
  readonly configPath: string;
  readonly host: HostPlan;
  readonly source: SourcePlan;
  plan(work?: DumpWork): Promise<DumpPlanned>;
  write(planned: DumpPlanned, dump: number, work?: DumpWork): Promise<WriteDumpResult>;
  commit(planned: DumpPlanned, work?: DumpWork): Promise<CommitDumpResult>;
  /** All of them. */
  backUp(work?: DumpWork): Promise<DumpedRun>;
  restore(news?: Partial<RestoreRequest>): Promise<Restored>;
  /** Restores and reads one of its files. */
  restored(fileName: string): Promise<Buffer>;
  folder(id: string): string;
  manifest(id: string): Manifest;
}

export interface DumpBench extends RestoreBench {
  /** What a person writes as `dump`, and beside it. */
  dumpSource(dump: Readonly<Record<string, unknown>>, beside?: Readonly<Record<string, unknown>>): DumpSource;
}

/**
 * @param destination instead of a local directory
 * @param objects where the destination's objects lie as files, when it is not the bench's own directory
 */
export async function startDumpBench(destination?: DestinationPlan, objects?: string): Promise<DumpBench> {
  const started = await startRestoreBench(destination, objects);
  const bench = { ...started, vault: objects ?? started.vault };
  let sources = 0;
  return {
    ...bench,
    dumpSource: (dump, beside = {}) => {
      const configPath = join(bench.directory, `dump-${(sources += 1)}.yaml`);
      const text = withDump(readFileSync(join(bench.directory, 'config.yaml'), 'utf8'), { dump, ...beside });
      writeFileSync(configPath, text);
      const host = parseConfig(text, configPath).hosts.find(({ name }) => name === 'web1') as HostPlan;
      return dumpSourceOf(bench, configPath, host);
    },
  };
}

/** In the place of the host's directories. */
function withDump(config: string, entry: Readonly<Record<string, unknown>>): string {
  const file = parse(config) as { hosts: Record<string, { paths: unknown[] }> };
  const web1 = { ...file.hosts['web1'], paths: [{ destination: 'vault', ...entry }] };
  return stringify({ ...file, hosts: { ...file.hosts, web1 } });
}

function dumpSourceOf(bench: RestoreBench, configPath: string, host: HostPlan): DumpSource {
  const source = host.sources[0] as SourcePlan;
  let startedAtMs = 0;
  const common = ({ source: news, run = RUN }: DumpWork) => ({ host, source: { ...source, ...news }, run });
  const using = (work: DumpWork): [Providers, ActivityControl] => [
    work.providers ?? bench.providers,
    bench.control(work.control),
  ];
  const self: DumpSource = {
    configPath,
    host,
    source,
    plan: (work = {}) => {
      // Backups of one source are at least a second apart.
      startedAtMs = clockMs += 60_000;
      const options = { dryRun: false, full: false, approve: false, ...work.options };
      return planDump(...using(work), { ...common(work), options, startedAtMs });
    },
    write: ({ plan }, dump, work = {}) => writeDump(...using(work), { ...common(work), plan, dump }),
    commit: ({ plan, dumps }, work = {}) => commitDump(...using(work), { ...common(work), plan, dumps, startedAtMs }),
    backUp: async (work = {}) => {
      const planned = await self.plan(work);
      const written: WriteDumpResult[] = [];
      for (let dump = 0; dump < planned.dumps; dump += 1) written.push(await self.write(planned, dump, work));
      return { planned, written, commit: await self.commit(planned, work) };
    },
    restore: (news) => bench.restore({ configPath, source: source.name, ...news }),
    restored: async (fileName) => {
      const { plan, report } = await self.restore();
      if (report.status !== 'ok') throw new Error(JSON.stringify(report));
      return readFileSync(join(plan.targetPath, fileName));
    },
    folder: (id) => join(bench.vault, 'web1', source.name, id),
    manifest: (id) => JSON.parse(readFileSync(join(self.folder(id), 'manifest.json'), 'utf8')) as Manifest,
  };
  return self;
}

/** What a backup that cannot be made throws. */
export const failureOf = (source: DumpSource): Promise<unknown> =>
  source.backUp().then(
    () => undefined,
    (error: unknown) => error,
  );

/** Manifests and extents that lie in a source's folder. */
export function leftIn(bench: DumpBench, source: string): string[] {
  const folder = join(bench.vault, 'web1', source);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => /manifest\.json$|extents\/./.test(file));
}
