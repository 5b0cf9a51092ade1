import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Influx1Plan } from '../../src/core/metrics/plan.js';
import { freePort } from '../../src/providers/network/free-port.js';
import { InfluxProcess } from './influx-process.js';
import type { TlsFiles } from './tls-files.js';
import { makeTlsFiles } from './tls-files.js';

export interface TestInfluxDb1 {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** Of the CA that signed its certificate; undefined: it speaks no TLS. */
  readonly caFile: string | undefined;
  readonly database: string;
  /** For ever, as the default one; not the default. */
  readonly retentionPolicy: string;
  /** An hour. */
  readonly shortPolicy: string;
  readonly users: Readonly<Record<InfluxUser, { readonly username: string; readonly password: string }>>;
  /** For the user who may read and write. */
  plan(settings?: Partial<Influx1Plan>): Influx1Plan;
  /** InfluxQL as the administrator; the answer as text. */
  admin(influxql: string): Promise<string>;
  /** It takes connections and says nothing until `resume`. */
  pause(): Promise<void>;
  resume(): void;
  kill(): Promise<void>;
  /** The same data; after a kill too. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}
type InfluxUser = 'admin' | 'both' | 'reader' | 'writer' | 'stranger';

const DATABASE = 'backup_metrics';
const POLICY = 'backups';
const SHORT_POLICY = 'an_hour';

/** A real InfluxDB 1.x (Debian's influxdb) on loopback, which asks for a login; modest in memory, says nothing to its makers. */
export async function startInfluxDb1({ tls = false }: { readonly tls?: boolean } = {}): Promise<TestInfluxDb1> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-influx1-'));
  const port = await freePort();
  const files = tls ? await makeTlsFiles(directory) : undefined;
  const url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  await writeFile(join(directory, 'influxdb.conf'), settings(directory, port, files));
  const server = new InfluxProcess({
    program: 'influxd',
    args: ['run', '-config', join(directory, 'influxdb.conf')],
    url,
    ...(files ? { ca: files.ca } : {}),
  });
  const users = {
    admin: login('admin'),
    both: login('backup_user'),
    reader: login('reader'),
    writer: login('writer'),
    stranger: login('stranger'),
  };
  const admin = async (influxql: string): Promise<string> => {
    const { username, password } = users.admin;
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const { status, body } = await server.ask('POST', '/query', { headers, body: `q=${encodeURIComponent(influxql)}` });
    if (status !== 200 || body.includes('"error"')) throw new Error(`${influxql}: ${status} ${body}`);
    return body;
  };
  const stop = async (): Promise<void> => {
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await server.start();
    for (const statement of setUp(users)) await admin(statement);
  } catch (error) {
    await stop();
    throw error;
  }
  const caFile = files?.caFile;
  return {
    url,
    port,
    caFile,
    database: DATABASE,
    retentionPolicy: POLICY,
    shortPolicy: SHORT_POLICY,
    users,
    plan: (settings = {}) => ({
      version: 1,
      url,
      timeoutMs: 20_000,
      database: DATABASE,
      username: users.both.username,
      password: { text: users.both.password },
      ...(caFile === undefined ? {} : { caFile }),
      ...settings,
    }),
    admin,
    pause: () => server.pause(),
    resume: () => server.resume(),
    kill: () => server.kill(),
    restart: async () => {
      await server.stop();
      await server.start();
    },
    stop,
  };
}

const login = (username: string) => ({ username, password: `${username}'s "pass" word:1` });

function* setUp(users: TestInfluxDb1['users']): Generator<string> {
  const text = (value: string): string => `'${value.replaceAll("'", "\\'")}'`;
  for (const [name, { username, password }] of Object.entries(users))
    yield `CREATE USER "${username}" WITH PASSWORD ${text(password)}${name === 'admin' ? ' WITH ALL PRIVILEGES' : ''}`;
  yield `CREATE DATABASE "${DATABASE}"`;
  yield `CREATE RETENTION POLICY "${POLICY}" ON "${DATABASE}" DURATION INF REPLICATION 1`;
  yield `CREATE RETENTION POLICY "${SHORT_POLICY}" ON "${DATABASE}" DURATION 1h REPLICATION 1`;
  yield `GRANT ALL ON "${DATABASE}" TO "${users.both.username}"`;
  yield `GRANT READ ON "${DATABASE}" TO "${users.reader.username}"`;
  yield `GRANT WRITE ON "${DATABASE}" TO "${users.writer.username}"`;
}

const settings = (directory: string, port: number, files: TlsFiles | undefined): string => `
reporting-disabled = true
bind-address = "127.0.0.1:0"
[meta]
  dir = "${directory}/meta"
[data]
  dir = "${directory}/data"
  wal-dir = "${directory}/wal"
  cache-max-memory-size = 67108864
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = true
  log-enabled = false
${files ? `  https-enabled = true\n  https-certificate = "${files.certificateFile}"\n  https-private-key = "${files.keyFile}"` : ''}
[logging]
  level = "error"
[monitor]
  store-enabled = false
[subscriber]
  enabled = false
[continuous_queries]
  enabled = false
`;
