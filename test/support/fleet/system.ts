import { delimiter } from 'node:path';
import { execa } from 'execa';

const ENVIRONMENT = { PATH: [process.env['PATH'] ?? '', '/usr/sbin', '/sbin'].join(delimiter), LC_ALL: 'C' };

/** A program of the system, also one of the sbin directories; its output. Throws when it fails, with what it said. */
export async function system(program: string, args: readonly string[], input = ''): Promise<string> {
  const { stdout } = await execa(program, args, { env: ENVIRONMENT, input });
  return stdout;
}

/** Commands of ip(8), one a line. */
export const ipBatch = (commands: readonly string[], namespace?: string): Promise<string> =>
  system('ip', [...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], `${commands.join('\n')}\n`);
