import { HoldfastError, failureOf, type Failure } from '../../core/failures.js';
import type { InfluxPlan } from '../../core/metrics/plan.js';
import type { MetricsDatabase } from '../../providers/metrics/metrics-database.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { MetricsCheck, TestMetricsInput, TestMetricsResult } from '../contract.js';
import { withMetricsDatabase } from './use-database.js';

/** No measurement of runs: a point in it changes no picture. */
const MEASUREMENT = 'holdfast_test';

type Name = MetricsCheck['name'];
const NAMES: readonly Name[] = ['answer', 'version', 'login', 'database', 'write', 'read'];

/**
 * Asks a metrics database one question after another: whether it answers, as which version, and whether login, database, writing and reading work. Each that
 * fails says what to do; what cannot be told because of it is not reached.
 */
export async function testMetrics(
  providers: Providers,
  control: ActivityControl,
  { configPath }: TestMetricsInput,
): Promise<TestMetricsResult> {
  return withMetricsDatabase(providers, configPath, async ({ database, plan }) => {
    const found = await examine(database, plan, control.signal);
    const checks = NAMES.map((name) => found.checks.find((check) => check.name === name) ?? notReached(name));
    return { address: database.address, configured: `${plan.version}.x`, ...found, checks };
  });
}

type Found = Pick<TestMetricsResult, 'version' | 'checks'>;

async function examine(database: MetricsDatabase, plan: InfluxPlan, signal: AbortSignal): Promise<Found> {
  const version = await tried(() => database.version(signal));
  if ('failed' in version) {
    const { failed } = version;
    if (failed.type !== 'MetricsVersion') return { checks: [bad('answer', failed)] };
    return { checks: [ok('answer', database.address), bad('version', failed)] };
  }
  const checks = [ok('answer', database.address), ok('version', `InfluxDB ${version.value}, as configured`)];
  return { version: version.value, checks: [...checks, ...(await examineRights(database, plan, signal))] };
}

/** By a point that is written and read back. Reading is tried without it too: a token may do the one and not the other. */
async function examineRights(
  database: MetricsDatabase,
  plan: InfluxPlan,
  signal: AbortSignal,
): Promise<readonly MetricsCheck[]> {
  const login = await tried(() => database.query('SHOW DATABASES', signal));
  if ('failed' in login && login.failed.type === 'MetricsDenied') return [bad('login', login.failed)];
  const timeMs = Date.now();
  const write = await tried(() => writePoint(database, timeMs, signal));
  const read = await tried(() => readPoint(database, 'failed' in write ? undefined : timeMs, signal));
  const loggedIn = ok('login', plan.version === 1 && plan.username === undefined ? 'none is configured' : 'accepted');
  const missing = [write, read].find((one) => 'failed' in one && one.failed.type === 'MetricsNotFound');
  if ('failed' in write && missing !== undefined && 'failed' in missing)
    return [loggedIn, bad('database', missing.failed)];
  // Who may neither write nor read is not told whether it is there.
  const seen = 'failed' in write && 'failed' in read ? [] : [ok('database', `${placeOf(plan)} is there`)];
  return [loggedIn, ...seen, checkOf('write', write), checkOf('read', read)];
}

async function writePoint(database: MetricsDatabase, timeMs: number, signal: AbortSignal): Promise<string> {
  const fields = { value: { float: 1 } };
  const [refused] = await database.write([{ measurement: MEASUREMENT, tags: {}, fields, timeMs }], signal);
  if (refused === undefined) return `a point of ${MEASUREMENT} was written`;
  throw new HoldfastError('MetricsRefused', `${database.address} refused a point of ${MEASUREMENT}: ${refused.reason}`);
}

/** @param timeMs of the point that was written; undefined: none was */
async function readPoint(database: MetricsDatabase, timeMs: number | undefined, signal: AbortSignal): Promise<string> {
  const when = timeMs === undefined ? '' : ` WHERE time = ${timeMs}ms`;
  const tables = await database.query(`SELECT "value" FROM "${MEASUREMENT}"${when} LIMIT 1`, signal);
  if (timeMs === undefined) return 'questions are answered';
  if (tables.some(({ rows }) => rows.length > 0)) return 'the point was read back';
  throw new HoldfastError('MetricsRefused', `${database.address} took a point of ${MEASUREMENT}, and does not have it`);
}

const placeOf = (plan: InfluxPlan): string =>
  plan.version === 2 ? `bucket ${plan.bucket} of ${plan.organization}` : `database ${plan.database}`;

type Tried = { readonly value: string } | { readonly failed: Failure };

async function tried(work: () => Promise<unknown>): Promise<Tried> {
  try {
    return { value: String(await work()) };
  } catch (error) {
    return { failed: failureOf(error) };
  }
}

const checkOf = (name: Name, result: Tried): MetricsCheck =>
  'failed' in result ? bad(name, result.failed) : ok(name, result.value);

const ok = (name: Name, detail: string): MetricsCheck => ({ name, status: 'ok', detail });
const bad = (name: Name, { message, action }: Failure): MetricsCheck => ({
  name,
  status: 'failed',
  detail: message,
  action,
});
const notReached = (name: Name): MetricsCheck => ({ name, status: 'not reached', detail: 'cannot be told' });
