import type { CliContext } from '../client/cli-context.js';
import { connectEmbedded, type TemporalConnection } from '../client/connection.js';
import { bytesText, durationText } from '../client/output.js';
import { stopSignal } from '../client/stop-signals.js';
import { missingTools, missingToolsMessage } from '../client/system-tools.js';
import { HoldfastError } from '../core/failures.js';
import type { FleetBackupResult, SourceSummary } from '../workflows/messages.js';
import type { DemoSource } from './demo-config.js';
import { backUp, compare, restore } from './demo-steps.js';
import { CHANGES, changeTree, editBackdated } from './demo-trees.js';
import { createDemoWorld, type DemoWorld } from './demo-world.js';

export interface DemoOptions {
  /** Leaves all of it running, to be looked at, until Ctrl-C. */
  readonly keep: boolean;
}

/**
 * The main job on this machine, with nothing made up but the data: two hosts behind real sshd, both engines, the real Workflows.
 * Gives false when a restored tree differs from what it was. Removes all it made.
 */
export async function runDemo(context: CliContext, options: DemoOptions): Promise<boolean> {
  const missing = await missingTools('demo');
  if (missing) throw new HoldfastError('ToolMissing', missingToolsMessage(missing));
  const interrupted = stopSignal();
  const world = await createDemoWorld();
  try {
    const connection = await connectEmbedded({
      requireWorker: true,
      note: (line) => context.note(line),
      stateDir: world.stateDir,
      role: 'up',
    });
    try {
      const equal = await Promise.race([
        play(context, world, connection),
        connection.workerFailed,
        interrupted.then(() => 'interrupted' as const),
      ]);
      if (equal === 'interrupted')
        throw new HoldfastError('Cancelled', 'The demo was interrupted; what it had made is removed.');
      if (options.keep) await keepUntil(interrupted, context, world, connection);
      return equal;
    } finally {
      await connection.stop();
    }
  } finally {
    await world.remove();
  }
}

async function play(context: CliContext, world: DemoWorld, connection: TemporalConnection): Promise<boolean> {
  const say = (line: string): void => context.print(line);
  say(`Temporal server and worker run: ${connection.address}, UI ${connection.uiUrl}`);
  say(
    `Two SSH hosts run: ${world.hosts.map(({ name, port }) => `${name} at 127.0.0.1:${port}`).join(', ')}. Each has www (archive) and home (mirror).`,
  );
  for (const what of world.leftOut) say(`Left out on this machine: ${what}`);

  await world.remember('older');
  const first = await backUp(connection, world);
  sayBackup(say, 'First backup', first);
  for (const source of world.sources) {
    await changeTree(source.path, source.source);
    if (source.engine === 'archive') await editBackdated(source.path);
  }
  say(`Changed in each tree: ${CHANGES}; in www also a file whose old size and time were put back.`);
  await world.remember('newer');
  const second = await backUp(connection, world);
  sayBackup(say, 'Second backup', second);

  const older = archives(world).map((source) => ({ source, point: 'older', backupId: backupIdOf(first, source) }));
  const newer = world.sources.map((source) => ({ source, point: 'newer', backupId: backupIdOf(second, source) }));
  const outcomes = [];
  for (const { source, point, backupId } of [...older, ...newer])
    outcomes.push(await restoreAndCompare(say, connection, world, source, point, backupId));
  const entries = outcomes.reduce((sum, outcome) => sum + outcome.entries, 0);
  const differing = outcomes.filter((outcome) => outcome.differences.length > 0).length;
  say(
    differing === 0
      ? `All ${outcomes.length} restored trees (${entries.toLocaleString('en')} entries) equal the copies made before: every byte, mode, owner, time, link and attribute.`
      : `${differing} of ${outcomes.length} restored trees differ from the copies made before.`,
  );
  context.printJson({
    message_type: 'summary',
    status: differing === 0 ? 'ok' : 'failed',
    restored: outcomes.length,
    entries,
    differing,
    ui_url: connection.uiUrl,
  });
  return differing === 0;
}

/** A mirror has its newest state only: snapshots of it are to come. */
const archives = (world: DemoWorld): DemoSource[] => world.sources.filter(({ engine }) => engine === 'archive');

async function restoreAndCompare(
  say: (line: string) => void,
  connection: TemporalConnection,
  world: DemoWorld,
  source: DemoSource,
  point: string,
  backupId: string,
) {
  const begun = Date.now();
  const restored = await restore(connection, world, source, point, backupId);
  const took = durationText(Date.now() - begun);
  const outcome = await compare(world, source, point, restored);
  say(
    `Restored ${source.host}/${source.source} as of ${backupId} (${point}) in ${took}: ${verdict(outcome.differences)}`,
  );
  return outcome;
}

const verdict = (differences: readonly string[]): string =>
  differences.length === 0
    ? 'no difference'
    : `${differences.length} differences:\n  ${differences.slice(0, 10).join('\n  ')}`;

function sayBackup(say: (line: string) => void, title: string, result: FleetBackupResult): void {
  say(`${title}: ${result.status} in ${durationText(result.durationMs)}`);
  for (const { host, sources } of result.hosts)
    for (const source of sources) say(`  ${host}/${source.source}: ${figures(source)}`);
}

const figures = ({ engine, level, entries, sourceBytes, storedBytes }: SourceSummary): string =>
  `${engine}${engine === 'archive' ? ` level ${level}` : ''}, ${entries.toLocaleString('en')} entries, ${bytesText(sourceBytes)}; ${bytesText(storedBytes)} ${engine === 'archive' ? 'stored' : 'sent'}`;

function backupIdOf(result: FleetBackupResult, { host, source }: DemoSource): string {
  const summary = result.hosts.find((each) => each.host === host)?.sources.find((each) => each.source === source);
  if (summary?.backupId === undefined)
    throw new HoldfastError('InternalError', 'the run names no backup', { host, source });
  return summary.backupId;
}

async function keepUntil(
  interrupted: Promise<void>,
  context: CliContext,
  world: DemoWorld,
  connection: TemporalConnection,
): Promise<void> {
  context.print(
    `All of it stays up until Ctrl-C, which removes it. Temporal UI: ${connection.uiUrl}. In another terminal:`,
  );
  context.print(`  HOLDFAST_STATE_DIR=${world.stateDir} ./bin/holdfast --config ${world.configPath} backups`);
  await interrupted;
}
