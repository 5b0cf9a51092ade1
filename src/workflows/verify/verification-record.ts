import type {
  CompareWithHostResult,
  PlanVerificationResult,
  RecordDamageResult,
  VerifyBackupResult,
  VerifyDataResult,
  VerifyMirrorResult,
} from '../../activities/contract.js';
import type { DamagedFile, FoundDamage } from '../../core/verify/damage.js';
import { failure, type Failure } from '../../core/failures.js';
import { worstStatus, type Status } from '../../core/statuses.js';
import { type Findings, joined, NO_FINDINGS } from '../../core/verify/findings.js';
import type { DamagedBackup, SourceVerification } from '../messages.js';
import { firstThatFit } from '../payload-budget.js';
import type { SelectedSource } from '../sources-queue.js';

/** What is known of one source's verification; becomes its part of the run's result. */
export interface Verification {
  planned(plan: PlanVerificationResult): void;
  checked(backup: VerifyBackupResult): void;
  read(batch: VerifyDataResult): void;
  damaged(backupId: string, damage: FoundDamage, recorded: RecordDamageResult): void;
  mirror(found: VerifyMirrorResult): void;
  compared(result: CompareWithHostResult): void;
  notCompared(reason: Failure): void;
  stop(reason: Failure): void;
  isDamaged(): boolean;
  result(): SourceVerification;
}

const MOST_NOTES = 20;
const BUDGET = { damaged: 6 * 1024, files: 12 * 1024, findings: 2 * 1024 };

export function openVerification({ host, source }: SelectedSource): Verification {
  const place = { host: host.name, source: source.name };
  const failures: Failure[] = [];
  const notes: string[] = [];
  const cleared: string[] = [];
  const damaged: DamagedBackup[] = [];
  const files: DamagedFile[] = [];
  let filesCount = 0;
  let remarks: Findings = NO_FINDINGS;
  let comparison: CompareWithHostResult | undefined;
  const sums = { backupsChecked: 0, objects: 0, objectsRead: 0, bytesRead: 0, members: 0 };

  return {
    planned: ({ leftOut }) => {
      if (leftOut > 0) notes.push(`Not verified: the ${leftOut} oldest backups; name them with --backup.`);
    },
    checked: ({ state, objects, previousNote }) => {
      if (state === 'gone') return;
      sums.backupsChecked += 1;
      sums.objects += objects;
      if (previousNote !== undefined && notes.length < MOST_NOTES) notes.push(previousNote);
    },
    read: (batch) => {
      sums.objectsRead += batch.objectsRead;
      sums.bytesRead += batch.bytesRead;
      sums.members += batch.members;
      remarks = joined(remarks, batch.remarks, 20);
    },
    damaged: (backupId, damage, recorded) => {
      if (recorded.cleared) cleared.push(backupId);
      if (recorded.notRecorded) notes.push(`What was found could not be recorded: ${recorded.notRecorded.message}`);
      if (damage.count === 0) return;
      const { whole, count, first } = damage;
      damaged.push({ backupId, whole, objects: { count, first: first.slice(0, 10) }, touches: recorded.touches });
      filesCount += recorded.files.count;
      files.push(...recorded.files.first.slice(0, 100 - files.length));
    },
    mirror: ({ backupId, problems }) => {
      sums.backupsChecked += 1;
      if (problems.count === 0) return;
      const objects = problems.first.map((problem) => ({ name: 'mirror', problem }));
      damaged.push({ backupId, whole: true, objects: { count: problems.count, first: objects }, touches: [backupId] });
    },
    compared: (result) => {
      comparison = shortened(result);
      const { count, first } = result.content.differing;
      if (count === 0) return;
      const names = first.slice(0, 3).join(', ');
      const message = `${count} files have another content than in ${result.backupId}, with the same size and times: ${names}`;
      failures.push(failure('ContentDiffers', message, place));
    },
    notCompared: (reason) => failures.push(reason),
    stop: (reason) => failures.push(reason),
    isDamaged: () => damaged.length > 0,
    result: () => {
      const found = damaged.length === 0 ? failures : [damageFailure(damaged, filesCount, place), ...failures];
      const [first] = [...found].sort((a, b) => rank(b) - rank(a));
      return {
        ...place,
        engine: source.engine,
        status: worstStatus(found.map(statusOf)),
        ...(first === undefined ? {} : { failure: first }),
        ...sums,
        damaged: { count: damaged.length, first: firstThatFit(damaged, BUDGET.damaged) },
        files: { count: filesCount, first: firstThatFit(files, BUDGET.files) },
        cleared: cleared.slice(0, 100),
        remarks: { count: remarks.count, first: firstThatFit(remarks.first, BUDGET.findings) },
        ...(comparison === undefined ? {} : { comparison }),
        notes: [...notes, ...found.filter((other) => other !== first).map(({ message }) => message)],
      };
    },
  };
}

/** A host that is away leaves a comparison undone; everything else is a failure. */
function statusOf({ type }: Failure): Status {
  if (type === 'HostUnreachable') return 'skipped';
  return type === 'Cancelled' ? 'cancelled' : 'failed';
}

const rank = (reason: Failure): number => ['skipped', 'cancelled', 'failed'].indexOf(statusOf(reason));

function damageFailure(
  damaged: readonly DamagedBackup[],
  files: number,
  place: { host: string; source: string },
): Failure {
  const [worst] = damaged as [DamagedBackup, ...DamagedBackup[]];
  const object = worst.objects.first[0];
  const others = damaged.length > 1 ? ` (and ${damaged.length - 1} more backups)` : '';
  const lost = files > 0 ? `; ${files} files are touched` : '';
  const message = `${worst.backupId}: ${object?.name ?? ''}: ${object?.problem ?? ''}${others}${lost}`;
  return failure(object?.name === 'mirror' ? 'MirrorUnfinished' : 'BackupDamaged', message, place);
}

function shortened(result: CompareWithHostResult): CompareWithHostResult {
  const short = ({ count, first }: Findings): Findings => ({ count, first: firstThatFit(first, BUDGET.findings) });
  const { changed, created, deleted, content } = result;
  return {
    ...result,
    changed: short(changed),
    created: short(created),
    deleted: short(deleted),
    content: { ...content, differing: short(content.differing), notCompared: short(content.notCompared) },
  };
}
