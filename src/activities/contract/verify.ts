/** The Activities of `holdfast verify`: types only. */
import type { DamagedFile, FoundDamage } from '../../core/verify/damage.js';
import type { Failure } from '../../core/failures.js';
import type { HostPlan, SecretRef, SourcePlan } from '../../core/plan.js';
import type { Findings } from '../../core/verify/findings.js';
import type { RunIdentity } from '../contract.js';

/** Which backups of a source: the newest with all that its chain has, one with its chain, or all that there are. */
export type VerifyWhich = { readonly latest: true } | { readonly all: true } | { readonly backupId: string };

export interface VerifySourceInput {
  readonly host: HostPlan;
  readonly source: SourcePlan;
}

export interface PlanVerificationInput extends VerifySourceInput {
  readonly which: VerifyWhich;
  /** 0: no content is read. */
  readonly readPercent: number;
  readonly run: RunIdentity;
}
export interface PlanVerificationResult {
  /** Ids, oldest first; at most 2,000, the newest of them. */
  readonly backups: readonly string[];
  /** Beyond those 2,000. */
  readonly leftOut: number;
  /** Which part of the content is due when only a share of it is read; rises with each verification that reads. */
  readonly round: number;
}

export interface VerifyBackupInput extends VerifySourceInput {
  readonly backupId: string;
  readonly readPercent: number;
  readonly round: number;
  /** The private key of an encrypted backup; absent: the configuration's, if it names one. */
  readonly identity?: SecretRef;
}
export interface VerifyBackupResult {
  /** `gone`: it was removed since the list was made; nothing is wrong with that. */
  readonly state: 'checked' | 'gone';
  readonly damage: FoundDamage;
  readonly objects: number;
  /** Batches of objects whose content is to be read. */
  readonly batches: number;
  /** An earlier verification found damage in it. */
  readonly wasDamaged: boolean;
  /** The backup before it is not there any more, or another one than it was. */
  readonly previousNote?: string;
}

export interface VerifyDataInput extends VerifyBackupInput {
  readonly batch: number;
}
export interface VerifyDataResult {
  readonly damage: FoundDamage;
  readonly objectsRead: number;
  readonly bytesRead: number;
  /** Members compared with the index. */
  readonly members: number;
  /** Attributes that differ from the index, files that changed while they were read: no damage. */
  readonly remarks: Findings;
}

export interface RecordDamageInput extends VerifySourceInput {
  readonly backupId: string;
  readonly damage: FoundDamage;
  /** All of its content was read. */
  readonly readAll: boolean;
  readonly run: RunIdentity;
  readonly identity?: SecretRef;
}
export interface RecordDamageResult {
  readonly files: { readonly count: number; readonly first: readonly DamagedFile[] };
  /** Points in time that need what is damaged, this backup among them. At most 100. */
  readonly touches: readonly string[];
  /** An earlier record was removed: all that it named is right again. */
  readonly cleared: boolean;
  /** Why the record could not be kept in the destination. */
  readonly notRecorded?: Failure;
}

export interface CompareWithHostInput extends VerifySourceInput {
  /** So many unchanged files are compared by content, drawn at random; 0: all of them. */
  readonly files: number;
  readonly seed: number;
  readonly identity?: SecretRef;
}
export interface CompareWithHostResult {
  readonly backupId: string;
  readonly entries: number;
  /** Not changed since the backup, as far as size, times, inode and attributes say. */
  readonly unchanged: number;
  readonly changed: Findings;
  readonly created: Findings;
  readonly deleted: Findings;
  readonly content: {
    readonly filesCompared: number;
    readonly bytesCompared: number;
    /** Another content, although neither size nor a time differs. */
    readonly differing: Findings;
    /** Could not be compared: read errors, files that went on changing, content kept as extents. */
    readonly notCompared: Findings;
  };
}

export interface VerifyMirrorInput extends VerifySourceInput {
  /** Read both sides and compare contents. */
  readonly compare: boolean;
}
export interface VerifyMirrorResult {
  /** '' for a source that was never backed up. */
  readonly backupId: string;
  readonly problems: Findings;
  readonly comparison?: CompareWithHostResult;
}

export interface VerifyActivities {
  planVerification(input: PlanVerificationInput): Promise<PlanVerificationResult>;
  /** Structure: manifest, chain, index, every object's presence and size. Damage is a result, not a failure. */
  verifyBackup(input: VerifyBackupInput): Promise<VerifyBackupResult>;
  /** Reads a batch of objects: hash, decryption, decompression, and the shards' members against the index. */
  verifyData(input: VerifyDataInput): Promise<VerifyDataResult>;
  /** Keeps what was found in the destination, or removes what an earlier verification had kept. */
  recordDamage(input: RecordDamageInput): Promise<RecordDamageResult>;
  compareWithHost(input: CompareWithHostInput): Promise<CompareWithHostResult>;
  verifyMirror(input: VerifyMirrorInput): Promise<VerifyMirrorResult>;
}
