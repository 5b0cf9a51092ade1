import { loadCachedConfig } from '../../config/cache.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type {
  CommitArchiveInput,
  CommitArchiveResult,
  CommitDumpInput,
  CommitDumpResult,
  CommitMirrorInput,
  CommitResult,
} from '../contract.js';
import { refreshSource } from './catalog-host.js';
import { cataloged } from './cataloged-backups.js';
import { noteInCatalog } from './use-catalog.js';

type Work<Input, Output> = (providers: Providers, control: ActivityControl, input: Input) => Promise<Output>;

/** A commit that also notes the new backup, of which all is at hand. */
export const notingArchive =
  (commit: Work<CommitArchiveInput, CommitArchiveResult>): Work<CommitArchiveInput, CommitArchiveResult> =>
  async (providers, control, input) => {
    const result = await commit(providers, control, input);
    const { host, source, plan, startedAtMs } = input;
    const backup = cataloged({
      ...summaryOf(input, result),
      engine: 'archive',
      level: plan.level,
      parent: plan.parent,
      startedAt: new Date(startedAtMs).toISOString(),
      entries: plan.counts.entries,
      sourceBytes: plan.sourceBytes,
      storedBytes: result.storedBytes,
    });
    await noteInCatalog(providers, control, host.catalog, async (catalog) => {
      // After a catalog was lost, each source is read whole once, with its next backup.
      if ((await catalog.source(backup)) === undefined) await refreshSource(providers, control, host, source);
      else await catalog.recordBackup(backup);
    });
    return result;
  };

/** What a dump came to is known with its commit only. */
export const notingDump =
  (commit: Work<CommitDumpInput, CommitDumpResult>): Work<CommitDumpInput, CommitDumpResult> =>
  async (providers, control, input) => {
    const result = await commit(providers, control, input);
    const plan = { ...input.plan, sourceBytes: result.sourceBytes };
    await notingArchive(async () => result)(providers, control, { ...input, plan });
    return result;
  };

/** A mirror has one point only: the state beside it is read, and replaces what was known. */
export const notingMirror =
  <Input extends Pick<CommitMirrorInput, 'host' | 'source'>, Output>(
    commit: Work<Input, Output>,
  ): Work<Input, Output> =>
  async (providers, control, input) => {
    const result = await commit(providers, control, input);
    await refreshSource(providers, control, input.host, input.source);
    return result;
  };

function summaryOf({ host, source }: CommitArchiveInput, { backupId, status }: CommitResult) {
  const finishedAt = new Date().toISOString();
  return {
    id: backupId,
    host: host.name,
    source: source.name,
    destination: source.destination.name,
    status,
    finishedAt,
  };
}

interface Changed {
  readonly host: string;
  readonly source: string;
}

/** An Activity that pins, prunes, proves or the like, after which the sources that it changed are read again. */
export const refreshing =
  <Input, Output>(
    work: Work<Input, Output>,
    changed: (input: Input, output: Output) => { readonly configPath: string; readonly sources: readonly Changed[] },
  ): Work<Input, Output> =>
  async (providers, control, input) => {
    const output = await work(providers, control, input);
    const { configPath, sources } = changed(input, output);
    try {
      const { hosts } = await loadCachedConfig(configPath);
      for (const one of sources) {
        const host = hosts.find(({ name }) => name === one.host);
        const source = host?.sources.find(({ name }) => name === one.source);
        if (host && source) await refreshSource(providers, control, host, source);
      }
    } catch (error) {
      control.log('warn', 'the catalog was not brought up to date', { message: String(error) });
    }
    return output;
  };
