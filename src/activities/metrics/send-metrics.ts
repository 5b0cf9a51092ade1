import { isHoldfastError } from '../../core/failures.js';
import { pointsOfHealth } from '../../core/metrics/points-of-health.js';
import type { Point } from '../../core/metrics/points.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { SendMetricsInput, SendMetricsResult } from '../contract.js';
import { readFleetHealth } from '../history/fleet-health.js';
import { sendWaiting } from './send-waiting.js';
import { type ConfiguredDatabase, withMetricsDatabase } from './use-database.js';

/** As many as go in one request. */
const POINTS_AT_ONCE = 5_000;

/** Sends what waits, then the state of the fleet. What was not marked as sent when it is cut off goes again, as the same points. */
export async function sendMetrics(
  providers: Providers,
  control: ActivityControl,
  { configPath, state }: SendMetricsInput,
): Promise<SendMetricsResult> {
  try {
    return await withMetricsDatabase(providers, configPath, async (configured) => {
      const result = await sendWaiting(providers, control, configured);
      if (state && result.left === 0) await sendState(providers, control, configured);
      return { configured: true, ...result };
    });
  } catch (error) {
    if (isHoldfastError(error) && error.type === 'MetricsNotConfigured')
      return { configured: false, sent: 0, refused: 0, left: 0 };
    throw error;
  }
}

async function sendState(
  providers: Providers,
  control: ActivityControl,
  { database, configuration }: ConfiguredDatabase,
): Promise<void> {
  const points = pointsOfHealth(await readFleetHealth(providers, configuration, Date.now()));
  for (const batch of batches(points)) {
    const refused = await database.write(batch, control.signal);
    if (refused.length === 0) continue;
    const { reason } = refused[0] ?? {};
    control.log('warn', 'the metrics database refused points of the state', { points: refused.length, reason });
  }
}

function* batches(points: readonly Point[]): Generator<readonly Point[]> {
  for (let at = 0; at < points.length; at += POINTS_AT_ONCE) yield points.slice(at, at + POINTS_AT_ONCE);
}
