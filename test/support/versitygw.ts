import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../../src/demo/loopback-port.js';
import { testProgram } from './test-program.js';

export interface S3TestServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Where the server keeps buckets (directories) and their objects (files). */
  readonly directory: string;
  createBucket(name: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real S3 server (versitygw) on loopback, over a directory. */
export async function startVersityGw(): Promise<S3TestServer> {
  const program = await testProgram('versitygw');
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-s3-'));
  const port = await freePort();
  const accessKeyId = 'holdfast-test';
  const secretAccessKey = 'holdfast-test-secret';
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', 'posix', directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], ROOT_ACCESS_KEY: accessKeyId, ROOT_SECRET_KEY: secretAccessKey },
  });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    await ended(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await answering(child, endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  // A bucket is a directory of the back end; the root user, who owns it, is all that tests are.
  const createBucket = async (name: string): Promise<void> => void (await mkdir(join(directory, name)));
  return { endpoint, port, accessKeyId, secretAccessKey, directory, createBucket, stop };
}

async function answering(child: ChildProcess, endpoint: string): Promise<void> {
  let said = '';
  let failed: Error | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4_096);
  });
  child.once('error', (error) => {
    failed = error;
  });
  const deadlineMs = Date.now() + 15_000;
  while (Date.now() < deadlineMs) {
    if (failed) throw failed;
    if (child.exitCode !== null) throw new Error(`versitygw ended with exit code ${child.exitCode}: ${said}`);
    const answer = await fetch(endpoint).catch(() => undefined);
    if (answer) return void (await answer.body?.cancel());
    await delay(25);
  }
  throw new Error(`versitygw did not answer on ${endpoint} in 15 s: ${said}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await closed;
  clearTimeout(killer);
}
