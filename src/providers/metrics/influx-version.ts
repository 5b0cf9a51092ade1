import type { HttpHeaders } from '@influxdata/influxdb-client';
import { HoldfastError } from '../../core/failures.js';
import type { InfluxPlan } from '../../core/metrics/plan.js';

/** As the server says it in each answer: `1.6.7~rc0`, `v2.7.12`. */
export function versionIn(headers: HttpHeaders | undefined): string | undefined {
  const version = headers?.['x-influxdb-version'];
  return typeof version === 'string' && version !== '' ? version : undefined;
}

/** MetricsVersion, naming both, where a server is of another version than the plan is for. Builds that name none are taken at their word. */
export function assertVersion(version: string, { version: wanted, url }: InfluxPlan): void {
  const major = /^v?(\d+)\./.exec(version)?.[1];
  if (major === undefined || Number(major) === wanted) return;
  throw new HoldfastError(
    'MetricsVersion',
    `${url} is InfluxDB ${version}, and the configuration has the form for ${wanted}.x (${FORMS[wanted]})`,
  );
}

const FORMS = { 1: 'database, username, password', 2: 'token, organization, bucket' } as const;
