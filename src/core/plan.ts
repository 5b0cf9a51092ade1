/**
 * The plan: the configuration after defaults and inheritance, as plain data that Workflows and Activities pass on.
 * It carries secrets by reference only.
 */

/** Where the worker finds a secret. Payloads carry this, never the secret. */
export type SecretRef = { readonly env: string } | { readonly file: string } | { readonly command: readonly string[] };

export type Engine = 'mirror' | 'archive';

export interface SshSettings {
  /** Undefined: the host's name in the configuration, so that ~/.ssh/config may say what it means. */
  readonly hostname?: string;
  readonly user?: string;
  readonly port?: number;
  /** The private key's path on the worker. */
  readonly identityFile?: string;
  readonly proxyJump?: string;
  /** Further ssh_config(5) options; those that run programs or weaken host-key checks are refused by the configuration. */
  readonly options: Readonly<Record<string, string>>;
  readonly connectTimeoutSeconds: number;
}

export interface HostPlan {
  readonly name: string;
  readonly ssh: SshSettings;
  readonly ignorePing: boolean;
  readonly tags: readonly string[];
  readonly sources: readonly SourcePlan[];
}

export interface ScriptPlan {
  /** As the configuration names it. */
  readonly name: string;
  /** Directory on the worker where NAME or NAME.sh lies. */
  readonly scriptsDir: string;
  readonly runOn: 'host' | 'worker';
  readonly timeoutMs: number;
}

/** Which level the next archive has; the four words are Freezer's. */
export interface LevelPolicy {
  readonly noIncremental: boolean;
  /** Levels 0…maxLevel, then a new level 0. */
  readonly maxLevel: number;
  /** Levels 0…alwaysLevel, then always alwaysLevel (each on the last backup of the level below). */
  readonly alwaysLevel?: number;
  /** Only with alwaysLevel: a new level 0 after so many days. */
  readonly restartAlwaysLevelDays?: number;
}

export interface SourcePlan {
  /** The source's name: its dest_subdir. Unique within its host; may hold `/`. */
  readonly name: string;
  /** Absolute directory on the host. */
  readonly path: string;
  readonly engine: Engine;
  readonly destination: DestinationPlan;
  /** rsync patterns, in order. */
  readonly exclude: readonly string[];
  /** A file on the worker with rsync exclude patterns. */
  readonly excludeFile?: string;
  /** rsync's options of the configuration: global, host, path, in this order; one word each. */
  readonly rsyncOptions: readonly string[];
  readonly preserveOwnership: boolean;
  readonly preScript?: ScriptPlan;
  readonly postScript?: ScriptPlan;
  /** Deletions above this share of the last backup's entries hold the source. 0…100. */
  readonly maxDeletePercent: number;
  readonly levels: LevelPolicy;
  readonly archive: {
    readonly shardSizeBytes: number;
    readonly compressionLevel: number;
    readonly parallelShards: number;
  };
  readonly tags: readonly string[];
  /** The whole source's time limit. */
  readonly timeoutMs: number;
}

export interface LocalDestination {
  readonly name: string;
  readonly type: 'local';
  readonly path: string;
}

export interface S3Destination {
  readonly name: string;
  readonly type: 's3';
  readonly bucket: string;
  /** Without leading or trailing `/`; '' for the bucket's root. */
  readonly prefix: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly pathStyle: boolean;
  readonly storageClass?: string;
  readonly sse?: 'AES256' | 'aws:kms';
  readonly sseKmsKeyId?: string;
  readonly accessKeyId?: SecretRef;
  readonly secretAccessKey?: SecretRef;
  readonly sessionToken?: SecretRef;
}

export type DestinationPlan = LocalDestination | S3Destination;

/** Which hosts and sources a run takes; empty lists mean all. */
export interface Selection {
  readonly hosts: readonly string[];
  readonly sources: readonly string[];
  readonly tags: readonly string[];
}

/** What a person may ask of one backup run. */
export interface BackupOptions {
  readonly dryRun: boolean;
  /** Start a new chain whatever the policy says. */
  readonly full: boolean;
  /** Go on where the guard would hold the source. */
  readonly approve: boolean;
}
