import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../src/providers/network/free-port.js';

const run = promisify(execFile);

export interface PrometheusOptions {
  /** URLs such as `http://127.0.0.1:9464/metrics`; each is scraped every second. */
  readonly targets?: readonly string[];
  /** Files of alert and recording rules; evaluated every second. */
  readonly ruleFiles?: readonly string[];
  /** Samples that it has from the beginning: OpenMetrics text, each line with its time in seconds. */
  readonly past?: string;
}

/** One series of an answer; labels with `__name__`. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A real Prometheus with a directory and a port of its own. */
export interface TestPrometheus {
  readonly url: string;
  /** An instant query; throws what Prometheus says of a wrong one. */
  query(promql: string, timeMs?: number): Promise<Series[]>;
  /** Asks again until something answers the query. */
  untilAny(promql: string): Promise<Series[]>;
  alerts(): Promise<Alert[]>;
  /** The last scrape of each target: '' when it went well, else why not. */
  scrapeErrors(): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

/** From Debian's package `prometheus`. */
export async function startPrometheus({
  targets = [],
  ruleFiles = [],
  past,
}: PrometheusOptions): Promise<TestPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-prometheus-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const file = join(directory, 'prometheus.yml');
  await writeFile(file, JSON.stringify(configuration(targets, ruleFiles)));
  if (past !== undefined) await keepPast(past, directory);
  const words = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    '--storage.tsdb.retention.time=1y',
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=warn',
  ];
  const server = spawn('prometheus', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [server.stdout, server.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-10_000);
    });
  let over: string | undefined;
  const ended = new Promise<void>((resolve) => {
    const end = (why: string): void => {
      over ??= why;
      resolve();
    };
    server.once('error', (error) => end(error.message));
    server.once('exit', (code, signal) => end(`it ended with ${signal ?? code}`));
  });
  const stop = async (): Promise<void> => {
    if (over === undefined) server.kill('SIGTERM');
    await ended;
    await rm(directory, { recursive: true, force: true });
  };
  const deadline = Date.now() + 60_000;
  while (!(await isReady(url))) {
    if (over !== undefined || Date.now() > deadline) {
      await stop();
      throw new Error(`prometheus did not start: ${over ?? 'no answer in 60 s'}\n${said}`);
    }
    await delay(50);
  }
  const query = async (promql: string, timeMs?: number): Promise<Series[]> => {
    const parameters = new URLSearchParams({ query: promql });
    if (timeMs !== undefined) parameters.set('time', String(timeMs / 1_000));
    const { result } = await ask<RawResult>(`${url}/api/v1/query?${parameters.toString()}`);
    return result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  };
  return {
    url,
    query,
    untilAny: async (promql) => {
      for (const giveUp = Date.now() + 60_000; Date.now() < giveUp; await delay(100)) {
        const found = await query(promql);
        if (found.length > 0) return found;
      }
      throw new Error(`nothing answered ${promql} in 60 s`);
    },
    alerts: async () => [...(await ask<{ readonly alerts: readonly Alert[] }>(`${url}/api/v1/alerts`)).alerts],
    scrapeErrors: async () => {
      const { activeTargets } = await ask<RawTargets>(`${url}/api/v1/targets`);
      return Object.fromEntries(activeTargets.map(({ scrapeUrl, lastError }) => [scrapeUrl, lastError]));
    },
    stop,
  };
}

interface RawResult {
  readonly result: readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }[];
}

interface RawTargets {
  readonly activeTargets: readonly { readonly scrapeUrl: string; readonly lastError: string }[];
}

/** JSON is YAML. */
const configuration = (targets: readonly string[], ruleFiles: readonly string[]) => ({
  global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
  rule_files: ruleFiles,
  scrape_configs: targets.map((target, index) => {
    const { host, pathname } = new URL(target);
    // The labels of a series are its own, should the worker's have the same names.
    return {
      job_name: `target-${index}`,
      honor_labels: true,
      metrics_path: pathname,
      static_configs: [{ targets: [host] }],
    };
  }),
});

async function keepPast(past: string, directory: string): Promise<void> {
  const file = join(directory, 'past.om');
  await writeFile(file, `${past}# EOF\n`);
  // Blocks of two hours, the default, would have it read the file once for each.
  const options = ['--quiet', '--max-block-duration=2400h'];
  await run('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', ...options, file, join(directory, 'data')]);
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/-/ready`).then(
    ({ ok }) => ok,
    () => false,
  );

async function ask<Data>(url: string): Promise<Data> {
  const answer = (await (await fetch(url)).json()) as { readonly data?: Data; readonly error?: string };
  if (answer.data === undefined) throw new Error(answer.error ?? 'no answer');
  return answer.data;
}

/** What `promtool check metrics` has to say of a scrape; '' when nothing. */
export async function lintMetrics(text: string): Promise<string> {
  const child = run('promtool', ['check', 'metrics']);
  child.child.stdin?.end(text);
  return child.then(
    ({ stderr }) => stderr,
    (error: Error & { readonly stderr?: string }) => error.stderr || error.message,
  );
}
