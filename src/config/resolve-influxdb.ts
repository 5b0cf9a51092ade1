import type { InfluxPlan, SecretOrText } from '../core/metrics/plan.js';
import type { SecretRef } from '../core/plan.js';
import type { ValuePath } from './problems.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';
import { defined } from './resolve-destinations.js';
import type { InfluxEntry } from './schema/metrics.js';
import { durationMs } from './units.js';

const FORM_2 = ['token', 'organization', 'bucket'] as const;
const FORM_1 = ['database', 'username', 'password', 'retention_policy'] as const;
const BOTH_FORMS = 'token, organization and bucket for InfluxDB 2.x, or database, username and password for 1.x';

/** Which version a mapping is written for shows by its keys. Undefined: it is none of the two, or not all of it, and that is reported. */
export function resolveInfluxdb(
  entry: InfluxEntry,
  at: readonly string[],
  resolution: Resolution,
): InfluxPlan | undefined {
  const of2 = FORM_2.filter((key) => entry[key] !== undefined);
  const of1 = FORM_1.filter((key) => entry[key] !== undefined);
  const server = serverOf(entry, at, resolution);
  // What is wrong in itself is reported already, and would look missing here.
  if (resolution.writtenNames(...at).length > Object.keys(entry).length) return undefined;
  if (of1.length === 0 && of2.length === 0)
    return report(resolution, at, `it does not say which database; write ${BOTH_FORMS}`);
  const [first2 = '', first1 = ''] = [of2[0], of1[0]];
  if (of1.length > 0 && of2.length > 0) {
    const message = `${first1} is for InfluxDB 1.x, ${first2} for 2.x; write ${BOTH_FORMS}`;
    return report(resolution, [...at, first1], message);
  }
  return of2.length > 0 ? form2(entry, server, at, resolution) : form1(entry, server, at, resolution);
}

type Server = Pick<InfluxPlan, 'url' | 'caFile' | 'timeoutMs'>;

function form2(entry: InfluxEntry, server: Server, at: ValuePath, resolution: Resolution): InfluxPlan | undefined {
  const { token, organization, bucket } = entry;
  if (token !== undefined && organization !== undefined && bucket !== undefined)
    return { version: 2, ...server, organization, bucket, token: secretOf(token) };
  const missing = FORM_2.filter((key) => entry[key] === undefined);
  const message = `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing; InfluxDB 2.x needs token, organization and bucket`;
  return report(resolution, at, message);
}

function form1(entry: InfluxEntry, server: Server, at: ValuePath, resolution: Resolution): InfluxPlan | undefined {
  const { database, username, password, retention_policy: retentionPolicy } = entry;
  if (database === undefined)
    return report(
      resolution,
      at,
      'database is missing; InfluxDB 1.x needs database, and username and password where it asks for a login',
    );
  if ((username === undefined) !== (password === undefined)) {
    const missing = username === undefined ? 'username' : 'password';
    return report(resolution, at, `${missing} is missing; write both, or neither where InfluxDB asks for no login`);
  }
  const login = defined({ username, password: password === undefined ? undefined : secretOf(password) });
  return { version: 1, ...server, database, ...login, ...defined({ retentionPolicy }) };
}

function serverOf(entry: InfluxEntry, at: ValuePath, resolution: Resolution): Server {
  const { host, port = 8086, ssl = false, ca_file: caFile, timeout = '10s' } = entry;
  if (caFile !== undefined && !ssl)
    resolution.report([...at, 'ca_file'], 'this counts with TLS only; write ssl: true, or take it out');
  return {
    url: `${ssl ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    timeoutMs: durationMs(timeout) ?? 0,
    ...defined({ caFile }),
  };
}

const secretOf = (written: string | SecretRef): SecretOrText =>
  typeof written === 'string' ? { text: written } : written;

function report(resolution: Resolution, at: ValuePath, message: string): undefined {
  resolution.report(at, message, 'key');
  return undefined;
}

/** Each setting as it counts; of a secret that stands in the file only that it does. */
export function recordInfluxdb(entry: InfluxEntry, at: ValuePath, resolution: Resolution): void {
  const byDefault = { port: 8086, ssl: false, timeout: '10s' };
  for (const [key, value] of Object.entries({ ...byDefault, ...entry })) {
    const isSecret = (key === 'token' || key === 'password') && typeof value === 'string';
    const origin = Object.hasOwn(entry, key) ? resolution.originOf([...at, key]) : BY_DEFAULT;
    resolution.record([...at, key], isSecret ? HIDDEN : value, origin);
  }
}

const HIDDEN = '(not shown)';
