import type { DumpPlan } from './dump.js';
import type { DumpCommand } from './command.js';

/** redis-cli with its connection; what it is to do follows. */
export function redis({ host, socket, port, user }: DumpPlan): Omit<DumpCommand, 'before'> {
  return {
    programs: ['redis-cli'],
    words: [
      ...(socket === undefined ? [] : ['-s', socket]),
      ...(host === undefined ? [] : ['-h', host]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      ...(user === undefined ? [] : ['--user', user]),
    ],
    secret: { as: 'variable', name: 'REDISCLI_AUTH' },
  };
}
