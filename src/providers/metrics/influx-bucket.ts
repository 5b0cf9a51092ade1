import { HttpError } from '@influxdata/influxdb-client';
import type { Influx2Plan } from '../../core/metrics/plan.js';
import type { InfluxConnection } from './influx-connection.js';
import { refusalOf } from './influx-failures.js';
import type { Reason } from './influx-failures.js';
import { writePath } from './influx-routes.js';
import { wordsOf } from './influx-words.js';

/**
 * Why 2.x answered InfluxQL with "database not found": it says the same of a bucket that there is not, of one that the token may not read, and, before 2.7, of one
 * without a database mapping.
 */
export async function whyNoDatabase(
  plan: Influx2Plan,
  connection: InfluxConnection,
  signal: AbortSignal,
): Promise<Reason> {
  const { organization, bucket } = plan;
  const id = await readableBucket(plan, connection, signal);
  if (id !== undefined) {
    const make = `influx v1 dbrp create --org '${organization}' --bucket-id ${id} --db '${bucket}' --rp autogen --default`;
    return ['MetricsNotFound', `the bucket ${bucket} has no database mapping, which InfluxQL needs; make it: ${make}`];
  }
  const missing = await whyNotWritable(plan, connection, signal);
  return missing?.[0] === 'MetricsNotFound'
    ? missing
    : ['MetricsDenied', `the token may not read the bucket ${bucket}`];
}

async function readableBucket(
  plan: Influx2Plan,
  connection: InfluxConnection,
  signal: AbortSignal,
): Promise<string | undefined> {
  const of = `org=${encodeURIComponent(plan.organization)}&name=${encodeURIComponent(plan.bucket)}`;
  const answer = await answered(connection.ask('GET', `/api/v2/buckets?${of}`, '', signal));
  if (answer instanceof HttpError) return undefined;
  const { buckets = [] } = (answer.body ?? {}) as { buckets?: readonly { readonly id: string }[] };
  return buckets[0]?.id;
}

/** Asked by writing nothing. */
async function whyNotWritable(
  plan: Influx2Plan,
  connection: InfluxConnection,
  signal: AbortSignal,
): Promise<Reason | undefined> {
  const answer = await answered(connection.ask('POST', writePath(plan), '', signal));
  return answer instanceof HttpError ? refusalOf(wordsOf(answer), plan) : undefined;
}

async function answered<T>(request: Promise<T>): Promise<T | HttpError> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}
