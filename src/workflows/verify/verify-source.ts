import type { RunIdentity, VerifyBackupInput, VerifyBackupResult } from '../../activities/contract.js';
import { addDamage, type FoundDamage } from '../../core/verify/damage.js';
import { quick, standard, step, transfer } from '../activity-profiles.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { allOrNothing } from '../fan-out.js';
import type { SourceVerification, VerifyBackupsInput } from '../messages.js';
import type { SelectedSource } from '../sources-queue.js';
import { openVerification, type Verification } from './verification-record.js';

const BATCHES_AT_A_TIME = 2;

type Tell = (what: string) => void;

/** Verifies the backups of one source; never throws. */
export async function verifySource(
  input: VerifyBackupsInput,
  selected: SelectedSource,
  run: RunIdentity,
  tell: Tell,
): Promise<SourceVerification> {
  const record = openVerification(selected);
  try {
    await (selected.source.engine === 'mirror'
      ? verifyMirror(input, selected, record, tell)
      : verifyArchives(input, selected, run, record, tell));
  } catch (error) {
    record.stop(failureOfActivity(error, placeOf(selected)));
  }
  return record.result();
}

const placeOf = ({ host, source }: SelectedSource) => ({ host: host.name, source: source.name });

async function verifyArchives(
  input: VerifyBackupsInput,
  selected: SelectedSource,
  run: RunIdentity,
  record: Verification,
  tell: Tell,
): Promise<void> {
  const { which, readPercent, identity } = input;
  const name = selected.source.name;
  tell('looking for its backups');
  const plan = await step(`list the backups of ${name}`, standard.planVerification, {
    ...selected,
    which,
    readPercent,
    run,
  });
  record.planned(plan);
  for (const backupId of plan.backups) {
    tell(`checking ${backupId}`);
    const asked = { ...selected, backupId, readPercent, round: plan.round, ...(identity && { identity }) };
    const structure = await step(`check the structure of ${name} at ${backupId}`, standard.verifyBackup, asked);
    const damage = await readContent(asked, structure, record, tell);
    record.checked(structure);
    if (damage.count === 0 && !structure.wasDamaged) continue;
    const found = { ...selected, backupId, damage, readAll: readPercent === 100, run, ...(identity && { identity }) };
    record.damaged(backupId, damage, await step(`record damage of ${backupId}`, standard.recordDamage, found));
  }
  // A dump made now would be another one.
  if (input.compare !== undefined && selected.source.dump === undefined)
    await compare(input, selected, run, record, tell);
}

async function readContent(
  asked: VerifyBackupInput,
  { batches, damage }: VerifyBackupResult,
  record: Verification,
  tell: Tell,
): Promise<FoundDamage> {
  let found = damage;
  await allOrNothing(BATCHES_AT_A_TIME, { from: 0, to: batches }, async (batch) => {
    tell(`reading ${asked.backupId}, part ${batch + 1} of ${batches}`);
    const summary = `read ${asked.backupId} of ${asked.source.name}, part ${batch + 1} of ${batches}`;
    const read = await step(summary, transfer.verifyData, { ...asked, batch });
    found = addDamage(found, read.damage);
    record.read(read);
  });
  return found;
}

/** A host that does not answer says nothing about the backups: that is told beside what was found. */
async function compare(
  { compare, identity }: VerifyBackupsInput,
  selected: SelectedSource,
  run: RunIdentity,
  record: Verification,
  tell: Tell,
): Promise<void> {
  tell('comparing with the host');
  const asked = { ...selected, files: compare?.files ?? 0, seed: seedOf(run.runId), ...(identity && { identity }) };
  try {
    const summary = `compare ${selected.source.name} with ${selected.host.name}`;
    record.compared(await step(summary, standard.compareWithHost, asked));
  } catch (error) {
    record.notCompared(failureOfActivity(error, placeOf(selected)));
  }
}

async function verifyMirror(
  input: VerifyBackupsInput,
  selected: SelectedSource,
  record: Verification,
  tell: Tell,
): Promise<void> {
  tell('looking at its state');
  const name = selected.source.name;
  record.mirror(await step(`look at the mirror of ${name}`, quick.verifyMirror, { ...selected, compare: false }));
  if (input.compare === undefined || record.isDamaged()) return;
  tell('comparing with the host');
  try {
    const summary = `compare the mirror of ${name} with ${selected.host.name}`;
    const { comparison } = await step(summary, standard.verifyMirror, { ...selected, compare: true });
    if (comparison !== undefined) record.compared(comparison);
  } catch (error) {
    record.notCompared(failureOfActivity(error, placeOf(selected)));
  }
}

/** From 32 bits of a random id. */
export const seedOf = (runId: string): number => Number.parseInt(runId.replaceAll('-', '').slice(0, 8), 16) || 0;
