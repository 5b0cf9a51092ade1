import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../../core/failures.js';
import type { InfluxPlan, SecretOrText } from '../../core/metrics/plan.js';
import type { SecretRef } from '../../core/plan.js';
import { InfluxConnection } from './influx-connection.js';
import type { InfluxLogin } from './influx-connection.js';
import { InfluxDatabase } from './influx-database.js';
import type { MetricsDatabase } from './metrics-database.js';

type ReadSecret = (secret: SecretRef) => Promise<string>;

/**
 * The InfluxDB that a plan names. Nothing is asked of it yet: what is wrong with it shows on the first call.
 * Fails with SecretUnavailable, or ConfigInvalid for a CA file or a secret that cannot be used.
 */
export async function openInfluxDb(plan: InfluxPlan, readSecret: ReadSecret): Promise<MetricsDatabase> {
  const login = await loginOf(plan, readSecret);
  const ca = plan.caFile === undefined ? undefined : await readCa(plan.caFile);
  return new InfluxDatabase(plan, new InfluxConnection({ ...plan, login, ca }));
}

/** Undefined where a 1.x asks for none. */
async function loginOf(plan: InfluxPlan, readSecret: ReadSecret): Promise<InfluxLogin | undefined> {
  const resolved = (secret: SecretOrText) => ('text' in secret ? secret.text : readSecret(secret));
  if (plan.version === 2) {
    const secret = sendable(await resolved(plan.token));
    return { authorization: `Token ${secret}`, secret };
  }
  if (plan.username === undefined) return undefined;
  if (plan.username.includes(':'))
    throw new HoldfastError('ConfigInvalid', 'the InfluxDB username must not hold a colon');
  const secret = plan.password === undefined ? '' : await resolved(plan.password);
  return { authorization: `Basic ${Buffer.from(`${plan.username}:${secret}`).toString('base64')}`, secret };
}

/** A header takes no line ends; Node would say so in the middle of a request. */
function sendable(token: string): string {
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new HoldfastError(
    'ConfigInvalid',
    'the InfluxDB token is empty, or holds spaces, line ends or other characters that no token has',
  );
}

async function readCa(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? 'it could not be read';
    throw new HoldfastError('ConfigInvalid', `cannot read the CAs of InfluxDB from ${file}: ${reason}`);
  }
  // OpenSSL takes what holds none for an empty list, and then trusts nobody.
  if (/^-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----/m.test(text)) return text;
  throw new HoldfastError('ConfigInvalid', `the ca_file of InfluxDB, ${file}, holds no certificate in PEM form`);
}
