import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const MAIN = new URL('../../src/client/main.ts', import.meta.url).href;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START = `import(${JSON.stringify(MAIN)}).then(({ main }) => main(['node', 'holdfast', ...process.argv.slice(1)]))`;

/** The words that start the command line from its sources; for commands that need no worker, and so nothing that is built. */
export const sourceCliWords = (args: readonly string[]): readonly [string, ...string[]] => [
  process.execPath,
  '--import',
  'tsx',
  '-e',
  START,
  '--',
  ...args,
];

/** Runs a command from its sources to its end. */
export async function runSourceCli(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  stdin = '',
): Promise<{ readonly exit: number | NodeJS.Signals; readonly stdout: string; readonly stderr: string }> {
  const [program, ...words] = sourceCliWords(args);
  const child = spawn(program, words, { cwd: ROOT, env: { ...process.env, ...environment }, stdio: 'pipe' });
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const ended = new Promise<number | NodeJS.Signals>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
  });
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exit, stdout, stderr };
}
