import type { InfluxPlan } from '../../core/metrics/plan.js';

/** Where lines go, times in milliseconds. */
export function writePath(plan: InfluxPlan): string {
  if (plan.version === 2)
    return `/api/v2/write?${parameters({ org: plan.organization, bucket: plan.bucket, precision: 'ms' })}`;
  return `/write?${parameters({ db: plan.database, rp: plan.retentionPolicy, precision: 'ms' })}`;
}

/** Where InfluxQL is asked, and in which database. 2.x takes a bucket for a database of its name, or of what stands before its first slash. */
export function queryParameters(plan: InfluxPlan): string {
  const [db, rp] = plan.version === 1 ? [plan.database, plan.retentionPolicy] : databaseOf(plan.bucket);
  return parameters({ db, rp, epoch: 'ms' });
}

function databaseOf(bucket: string): readonly [database: string, retentionPolicy?: string] {
  const slash = bucket.indexOf('/');
  return slash < 0 ? [bucket] : [bucket.slice(0, slash), bucket.slice(slash + 1)];
}

const parameters = (values: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
    .join('&');
