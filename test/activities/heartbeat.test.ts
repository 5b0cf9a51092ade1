import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { underHeartbeat } from '../../src/activities/heartbeat.js';
import { HoldfastError } from '../../src/core/failures.js';

const place = { host: 'web1', source: 'etc' };

const failureOf = (work: () => Promise<unknown>, environment = new MockActivityEnvironment()): Promise<unknown> =>
  environment
    .run(() => underHeartbeat(place, work))
    .then(
      () => undefined,
      (error: unknown) => error,
    );

test('a failure of the catalogue keeps its type, says where it happened, and is retried only when the catalogue says so', async () => {
  const auth = await failureOf(() =>
    Promise.reject(new HoldfastError('HostAuthFailed', 'refused', { source: 'home' })),
  );
  const link = await failureOf(() => Promise.reject(new HoldfastError('TransferInterrupted', 'cut')));

  expect(auth).toBeInstanceOf(ApplicationFailure);
  expect(auth).toMatchObject({ type: 'HostAuthFailed', message: 'refused', nonRetryable: true });
  expect((auth as ApplicationFailure).details).toEqual([
    expect.objectContaining({
      type: 'HostAuthFailed',
      host: 'web1',
      source: 'home',
      action: expect.stringContaining('ssh_key') as string,
    }),
  ]);
  expect(link).toMatchObject({ type: 'TransferInterrupted', nonRetryable: false });
});

test('an unknown error is an InternalError with its stack', async () => {
  const failure = await failureOf(() => Promise.reject(new TypeError('x is not a function')));

  expect(failure).toMatchObject({
    type: 'InternalError',
    message: 'x is not a function',
    nonRetryable: false,
    cause: expect.any(TypeError) as unknown,
  });
});

test('whatever a cancelled work throws is a cancellation; what it still finished counts', async () => {
  const untilAborted = (control: { signal: AbortSignal }): Promise<void> =>
    new Promise((resolve) => control.signal.addEventListener('abort', () => resolve(), { once: true }));
  const thrower = new MockActivityEnvironment();
  const thrown = thrower.run(() =>
    underHeartbeat(place, async (control) => {
      await untilAborted(control);
      throw new HoldfastError('HostAuthFailed', 'killed');
    }),
  );
  thrower.cancel('CANCELLED');
  await expect(thrown).rejects.toBeInstanceOf(CancelledFailure);

  const finisher = new MockActivityEnvironment();
  const finished = finisher.run(() =>
    underHeartbeat(place, async (control) => {
      await untilAborted(control);
      return 'committed';
    }),
  );
  finisher.cancel('CANCELLED');
  expect(await finished).toBe('committed');
});

test('heartbeats go on while the work waits, with its latest progress', async () => {
  const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: 60 });
  const beats: unknown[] = [];
  await environment.run(() =>
    underHeartbeat(place, async (control) => {
      control.progress({ bytes: 7 });
      await new Promise<void>((resolve) => {
        environment.on('heartbeat', (details: unknown) => {
          beats.push(details);
          if (beats.length === 3) resolve();
        });
      });
    }),
  );

  expect(beats).toEqual([{ bytes: 7 }, { bytes: 7 }, { bytes: 7 }]);
});

test('two attempts never have the same token', async () => {
  const token = (attempt: number): Promise<string> =>
    new MockActivityEnvironment({ attempt }).run(() =>
      underHeartbeat(place, (control) => Promise.resolve(control.attemptToken)),
    );
  const tokens = await Promise.all([token(1), token(1), token(2)]);

  expect(new Set(tokens).size).toBe(3);
  for (const each of tokens) expect(each).toMatch(/^[\w-]{1,40}$/);
});

test('what it logs has where it happened, and what it says besides by itself', async () => {
  const said: unknown[] = [];
  const logger = new DefaultLogger('WARN', ({ message, meta }) => said.push([message, meta]));
  await new MockActivityEnvironment({}, { logger }).run(() =>
    underHeartbeat({ host: 'web1' }, async (control) => control.log('warn', 'it was not written', { message: 'full' })),
  );
  expect(said).toEqual([
    ['it was not written', expect.objectContaining({ host: 'web1', details: { message: 'full' } })],
  ]);
});
