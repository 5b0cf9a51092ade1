import { EXIT } from '../core/statuses.js';

interface Stoppable {
  readonly worker: { readonly failed: Promise<never> };
  stop(): Promise<void>;
}

/**
 * Waits for the signal and stops cleanly; a second one ends the process at once (nothing is lost by it: what ran goes on with the
 * next worker). Throws when the service ends by itself.
 */
export async function untilStopped(
  service: Stoppable,
  signal: Promise<void>,
  note: (line: string) => void,
): Promise<void> {
  try {
    await Promise.race([signal, service.worker.failed]);
    note('Stopping. What runs now goes on with the next `holdfast up`. Ctrl-C again ends this at once.');
  } finally {
    void stopSignal().then(() => process.exit(EXIT.interrupted));
    await service.stop();
  }
}

/** The next SIGINT or SIGTERM. */
export const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    const heard = (): void => {
      process.off('SIGINT', heard).off('SIGTERM', heard);
      resolve();
    };
    process.on('SIGINT', heard).on('SIGTERM', heard);
  });
