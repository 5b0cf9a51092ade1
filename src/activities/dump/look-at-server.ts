import type { ListedDatabase } from '../../core/dump/dump.js';
import { dumpCommand, listCommand } from '../../core/dump/commands.js';
import { readDatabases } from '../../core/dump/outcome.js';
import { lookScript } from '../../core/dump/script.js';
import type { HostFacts } from '../../core/scan/script.js';
import { readFacts } from '../../core/scan/script.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import type { DumpSubject } from './dump-session.js';
import { DUMP_ENVIRONMENT, dumpOf, DumpSession, passwordOf } from './dump-session.js';

/** Names and sizes of a hundred thousand databases. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

export interface ServerLook {
  readonly listed: readonly ListedDatabase[];
  readonly facts: HostFacts;
}

/** Whether the programs are there, the server answers and lets us in, and what it has. Throws what `DumpSession` does, and DatabaseNotFound. */
export async function lookAtServer(
  providers: Providers,
  control: ActivityControl,
  subject: DumpSubject,
): Promise<ServerLook> {
  const dump = dumpOf(subject);
  const password = await passwordOf(providers, dump);
  const dumps = dumpCommand(dump, { kind: 'all' }, password !== undefined);
  const list = listCommand(dump, password !== undefined);
  const session = new DumpSession(subject, `the look at ${dump.type}`, password);
  const running = providers.runnerFor(subject.host).start({
    what: `look at ${dump.type}`,
    body: lookScript({
      command: list ?? dumps,
      dumps: { ...dumps, programs: dumps.before?.slice(0, 1) ?? dumps.programs },
      list: list !== undefined,
      ...(password === undefined ? {} : { password }),
      ...(dump.runAs === undefined ? {} : { runAs: dump.runAs }),
    }),
    environment: DUMP_ENVIRONMENT,
    stdout: 'pipe',
    signal: control.signal,
    timeoutMs: subject.source.timeoutMs,
    onStderrLine: session.take,
  });
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of (running.stdout ?? []) as AsyncIterable<Buffer>) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= MAX_OUTPUT_BYTES) chunks.push(chunk);
  }
  const result = await running.finished;
  const output = Buffer.concat(chunks).toString('utf8');
  if (list !== undefined) session.assertEnded(result, 'list', 'list');
  else session.assertTools(result);
  const listed = sizeBytes > MAX_OUTPUT_BYTES ? undefined : readDatabases(dump.type, output);
  if (listed === undefined) throw session.notUnderstood(output);
  const missing = dump.databases?.find(
    (name) => listed.length > 0 && !listed.some((database) => database.name === name),
  );
  if (missing !== undefined)
    throw session.failed('DatabaseNotFound', `there is no database ${JSON.stringify(missing)}`);
  return { listed, facts: readFacts(session.lines) };
}
