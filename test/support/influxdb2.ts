import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Influx2Plan } from '../../src/core/metrics/plan.js';
import { freePort } from '../../src/providers/network/free-port.js';
import { InfluxProcess } from './influx-process.js';
import { testProgram } from './test-program.js';
import { makeTlsFiles } from './tls-files.js';

export interface TestInfluxDb2 {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Of the CA that signed its certificate; undefined: it speaks no TLS. */
  readonly caFile: string | undefined;
  readonly organization: string;
  readonly bucket: string;
  /** Keeps points for an hour. */
  readonly shortBucket: string;
  readonly tokens: Readonly<Record<InfluxToken, string>>;
  /** For the token that may read and write the bucket. */
  plan(settings?: Partial<Influx2Plan>): Influx2Plan;
  /** JSON to and from `/api/v2/…`, as the operator. */
  api(method: string, path: string, body?: unknown): Promise<unknown>;
  /** It takes connections and says nothing until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  kill(): Promise<void>;
  /** The same data; after a kill too. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}
/** `operator`: may do everything; `both`: reads and writes the bucket; `deleted` and `inactive` could do so once. */
type InfluxToken = 'operator' | 'both' | 'reader' | 'writer' | 'shortBoth' | 'deleted' | 'inactive';

const ORGANIZATION = 'home';
const BUCKET = 'backup';
const SHORT_BUCKET = 'an hour';
const OPERATOR = 'the-operator-token-of-the-tests==';

/** A real InfluxDB 2.7 on loopback, set up; modest in memory, says nothing to its makers. */
export async function startInfluxDb2({ tls = false }: { readonly tls?: boolean } = {}): Promise<TestInfluxDb2> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-influx2-'));
  const port = await freePort();
  const files = tls ? await makeTlsFiles(directory) : undefined;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const server = new InfluxProcess({
    program: await testProgram('influxd2'),
    args: [
      ...['--bolt-path', join(directory, 'bolt'), '--sqlite-path', join(directory, 'sqlite')],
      ...['--engine-path', join(directory, 'engine'), '--http-bind-address', `127.0.0.1:${port}`],
      ...['--reporting-disabled', '--log-level', 'error', '--no-tasks', '--metrics-disabled'],
      ...['--storage-cache-max-memory-size', '67108864'],
      ...(files ? ['--tls-cert', files.certificateFile, '--tls-key', files.keyFile] : []),
    ],
    url,
    ...(files ? { ca: files.ca } : {}),
  });
  const api = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const { status = 0, body: said } = await server.ask(method, path, {
      headers: { authorization: `Token ${OPERATOR}`, 'content-type': 'application/json' },
      body: body === undefined ? '' : JSON.stringify(body),
    });
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${said}`);
    return said === '' ? undefined : JSON.parse(said);
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.start();
    const tokens = await setUp(api);
    const caFile = files?.caFile;
    return {
      url,
      port,
      caFile,
      organization: ORGANIZATION,
      bucket: BUCKET,
      shortBucket: SHORT_BUCKET,
      tokens,
      plan: (settings = {}) => ({
        version: 2,
        url,
        timeoutMs: 20_000,
        organization: ORGANIZATION,
        bucket: BUCKET,
        token: { text: tokens.both },
        ...(caFile === undefined ? {} : { caFile }),
        ...settings,
      }),
      api,
      pause: () => server.pause(),
      resume: () => server.resume(),
      kill: () => server.kill(),
      restart: async () => {
        await server.stop();
        await server.start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function setUp(api: TestInfluxDb2['api']): Promise<TestInfluxDb2['tokens']> {
  const made = (await api('POST', '/api/v2/setup', {
    username: 'operator',
    password: 'a-password-of-the-tests',
    org: ORGANIZATION,
    bucket: BUCKET,
    token: OPERATOR,
  })) as { org: { id: string }; bucket: { id: string } };
  const orgID = made.org.id;
  const short = (await api('POST', '/api/v2/buckets', {
    orgID,
    name: SHORT_BUCKET,
    retentionRules: [{ type: 'expire', everySeconds: 3_600 }],
  })) as { id: string };
  const authorize = async (actions: readonly ('read' | 'write')[], bucket = made.bucket.id) =>
    (await api('POST', '/api/v2/authorizations', {
      orgID,
      permissions: actions.map((action) => ({ action, resource: { type: 'buckets', id: bucket, orgID } })),
    })) as { id: string; token: string };
  const deleted = await authorize(['read', 'write']);
  await api('DELETE', `/api/v2/authorizations/${deleted.id}`);
  const inactive = await authorize(['read', 'write']);
  await api('PATCH', `/api/v2/authorizations/${inactive.id}`, { status: 'inactive' });
  return {
    operator: OPERATOR,
    both: (await authorize(['read', 'write'])).token,
    reader: (await authorize(['read'])).token,
    writer: (await authorize(['write'])).token,
    shortBoth: (await authorize(['read', 'write'], short.id)).token,
    deleted: deleted.token,
    inactive: inactive.token,
  };
}
