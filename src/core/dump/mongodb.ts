import type { DumpPart, DumpPlan } from './dump.js';
import type { DumpCommand } from './command.js';
import { SECRET_FILE } from './command.js';

/** mongodump of the MongoDB Database Tools: `--archive` on standard output, `--config` with the password. */
export function mongoDump(dump: DumpPlan, part: DumpPart, hasPassword: boolean): DumpCommand {
  const { host, socket, port, user } = dump;
  return {
    programs: ['mongodump'],
    words: [
      ...dump.options,
      ...(hasPassword ? [`--config=${SECRET_FILE}`] : []),
      ...(host === undefined && socket === undefined ? [] : [`--host=${socket ?? host}`]),
      ...(port === undefined ? [] : [`--port=${port}`]),
      ...(user === undefined ? [] : [`--username=${user}`]),
      ...(part.kind === 'database' ? [`--db=${part.database}`] : []),
      '--archive',
    ],
    // A string of JSON is one of YAML.
    secret: { as: 'file', text: (password) => `password: ${JSON.stringify(password)}\n` },
  };
}
