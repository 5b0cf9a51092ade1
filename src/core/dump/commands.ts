import type { DumpPart, DumpPlan } from './dump.js';
import type { DumpCommand } from './command.js';
import { NO_SECRET } from './command.js';
import { mongoDump } from './mongodb.js';
import { mysqlDump, mysqlList } from './mysql.js';
import { postgresDump, postgresGlobals, postgresList } from './postgresql.js';
import { redis } from './redis.js';
import { sqliteDump } from './sqlite.js';

/** `hasPassword`: there is a file to read it from. */
export function dumpCommand(dump: DumpPlan, part: DumpPart, hasPassword: boolean): DumpCommand {
  switch (dump.type) {
    case 'postgresql':
      return part.kind === 'globals' ? postgresGlobals(dump) : postgresDump(dump, part);
    case 'mysql':
    case 'mariadb':
      return mysqlDump(dump, part, hasPassword);
    case 'mongodb':
      return mongoDump(dump, part, hasPassword);
    case 'sqlite':
      return sqliteDump(dump);
    case 'redis':
      return { ...redis(dump), words: [...redis(dump).words, ...dump.options, '--rdb', '-'] };
  }
}

/** The program that is asked what there is; its words are those of `readDatabases`. Undefined: there is nothing to ask. */
export function listCommand(dump: DumpPlan, hasPassword: boolean): DumpCommand | undefined {
  switch (dump.type) {
    case 'postgresql':
      return postgresList(dump);
    case 'mysql':
    case 'mariadb':
      return mysqlList(dump, hasPassword);
    case 'redis':
      return { ...redis(dump), words: [...redis(dump).words, ...dump.options, 'PING'] };
    case 'sqlite':
      return { programs: ['stat'], words: ['--dereference', '--format=%s', '--', dump.file ?? ''], secret: NO_SECRET };
    case 'mongodb':
      return undefined;
  }
}
