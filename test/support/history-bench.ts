import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ActivityControl, Providers } from '../../src/activities/activity-control.js';
import type { Catalog } from '../../src/providers/catalog/catalog.js';
import { openCatalogs } from '../../src/providers/catalog/open-catalogs.js';
import type { PastRuns } from '../../src/providers/runs/past-runs.js';
import { providersWith } from './providers.js';

/** What noting takes: a configuration, a catalog in a file, and somebody who is told that there is something to send. */
export interface HistoryBench {
  readonly directory: string;
  readonly providers: Providers;
  readonly control: ActivityControl;
  /** What was logged. */
  readonly said: string[];
  /** `now /…/config.yaml`. */
  readonly pokes: string[];
  /** Writes a configuration with these lines before its host. */
  configure(name: string, ...lines: readonly string[]): string;
  use<T>(work: (catalog: Catalog) => Promise<T>): Promise<T>;
  stop(): void;
}

export const INFLUXDB = 'metrics: {influxdb: {host: localhost, token: T, organization: home, bucket: backup}}';

export function startHistoryBench(pastRuns?: PastRuns): HistoryBench {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-history-'));
  mkdirSync(join(directory, 'mirrors'));
  const catalogs = openCatalogs({
    directory,
    readSecret: async () => `postgres://holdfast@127.0.0.1:1/none`,
    onReplaced: (_aside, reason) => {
      throw new Error(reason);
    },
  });
  const [said, pokes]: [string[], string[]] = [[], []];
  const control: ActivityControl = {
    signal: new AbortController().signal,
    attempt: 1,
    attemptToken: 'token',
    progress: () => undefined,
    log: (_level, message) => void said.push(message),
  };
  const pokeMetrics: Providers['pokeMetrics'] = async (configPath, urgency) =>
    void pokes.push(`${urgency} ${configPath}`);
  return {
    directory,
    providers: providersWith({ catalogs, pokeMetrics, ...(pastRuns === undefined ? {} : { pastRuns }) }),
    control,
    said,
    pokes,
    configure: (name, ...lines) => {
      const path = join(directory, name);
      const base = `config: {backup_base: ${join(directory, 'mirrors')}}`;
      writeFileSync(path, [base, ...lines, 'hosts: {web1: {paths: [{path: /var/www}]}}', ''].join('\n'));
      return path;
    },
    use: (work) => catalogs.use(undefined, work),
    stop: () => rmSync(directory, { recursive: true, force: true }),
  };
}
