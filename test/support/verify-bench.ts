import type {
  RecordDamageResult,
  VerifyBackupResult,
  VerifyDataResult,
  VerifyWhich,
} from '../../src/activities/contract.js';
import { planVerification } from '../../src/activities/verify/plan-verification.js';
import { recordDamage } from '../../src/activities/verify/record-damage.js';
import { verifyBackup } from '../../src/activities/verify/verify-backup.js';
import { verifyData } from '../../src/activities/verify/verify-data.js';
import { addDamage, type FoundDamage } from '../../src/core/verify/damage.js';
import type { SourcePlan } from '../../src/core/plan.js';
import type { ArchiveBench } from './archive-bench.js';

const RUN = { workflowId: 'verify/test', runId: 'run-1' };

export interface VerifiedBackup {
  readonly id: string;
  readonly structure: VerifyBackupResult;
  readonly data: readonly VerifyDataResult[];
  readonly damage: FoundDamage;
  readonly record?: RecordDamageResult;
}

export interface VerifyWork {
  readonly which?: VerifyWhich;
  readonly readPercent?: number;
  readonly runId?: string;
}

/** All steps over a source, as the Workflow takes them, without Temporal. */
export async function verifySource(
  bench: ArchiveBench,
  news: Partial<SourcePlan>,
  { which = { latest: true }, readPercent = 0, runId = 'run-1' }: VerifyWork = {},
): Promise<VerifiedBackup[]> {
  const of = { host: bench.hostPlan(), source: bench.source(news) };
  const run = { ...RUN, runId };
  const { providers } = bench;
  const plan = await planVerification(providers, bench.control(), { ...of, which, readPercent, run });
  const verified: VerifiedBackup[] = [];
  for (const backupId of plan.backups) {
    const input = { ...of, backupId, readPercent, round: plan.round };
    const structure = await verifyBackup(providers, bench.control(), input);
    const data: VerifyDataResult[] = [];
    for (let batch = 0; batch < structure.batches; batch += 1) {
      data.push(await verifyData(providers, bench.control(), { ...input, batch }));
    }
    const damage = data.reduce((sum, read) => addDamage(sum, read.damage), structure.damage);
    const asked = { ...of, backupId, damage, readAll: readPercent === 100, run };
    const record =
      damage.count > 0 || structure.wasDamaged ? await recordDamage(providers, bench.control(), asked) : undefined;
    verified.push({ id: backupId, structure, data, damage, ...(record === undefined ? {} : { record }) });
  }
  return verified;
}
