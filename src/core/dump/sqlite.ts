import type { DumpPlan } from './dump.js';
import { formatOf } from './dump.js';
import type { DumpCommand } from './command.js';
import { NO_SECRET } from './command.js';

/* sqlite3(1), “Command Line Shell For SQLite”. */

/** One transaction, so that all of it is of one moment; what `.dump` leaves out follows, and is the mark of the end. */
export function sqliteDump(dump: DumpPlan): DumpCommand {
  const open = ['-init', '/dev/null', '-batch', '-bail', '-readonly', '-cmd', '.timeout 60000', dump.file ?? ''];
  if (formatOf(dump) === 'file') {
    // A relative name: the scratch directory's own may hold what SQL would take for the end of the string.
    return {
      programs: ['cat'],
      words: ['--', 'copy'],
      secret: NO_SECRET,
      before: ['sqlite3', ...open, "VACUUM INTO 'copy'"],
    };
  }
  const pragma = (name: string): string => `SELECT 'PRAGMA ${name}=' || ${name} || ';' FROM pragma_${name}`;
  return {
    programs: ['sqlite3'],
    words: [...open, 'BEGIN', '.dump --preserve-rowids', pragma('user_version'), pragma('application_id')],
    secret: NO_SECRET,
  };
}
