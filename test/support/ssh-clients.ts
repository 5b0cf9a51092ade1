import { readFile, readdir } from 'node:fs/promises';
import { withDescendants } from '../../src/demo/loopback-process.js';

/** Of all processes: id, and arguments with a NUL after each. */
export async function commandLines(): Promise<[number, string][]> {
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  const read = async (pid: number): Promise<[number, string]> => [
    pid,
    await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''),
  ];
  return Promise.all(pids.map(read));
}

/** ssh processes that this test process started. */
export async function sshClients(): Promise<number[]> {
  const own = new Set((await withDescendants(process.pid)).map(({ pid }) => pid));
  return (await commandLines()).filter(([pid, line]) => own.has(pid) && line.startsWith('ssh\0')).map(([pid]) => pid);
}
