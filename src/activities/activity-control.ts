import type { HostPlan, DestinationPlan, SecretRef } from '../core/plan.js';
import type { Encryption } from '../providers/encryption/encryption.js';
import type { Catalogs } from '../providers/catalog/open-catalogs.js';
import type { FleetMetrics } from '../providers/metrics/prometheus.js';
import type { InfluxPlan } from '../core/metrics/plan.js';
import type { MetricsDatabase } from '../providers/metrics/metrics-database.js';
import type { KeyStore } from '../providers/keys/key-store.js';
import type { OpenRuns } from '../providers/runs/open-runs.js';
import type { PastRuns } from '../providers/runs/past-runs.js';
import type { Traffic } from '../providers/throttle/traffic.js';
import type { Network } from '../providers/network/network.js';
import type { SshRoute } from '../core/ssh/route.js';
import type { ObjectStorage } from '../providers/storage/object-storage.js';
import type { ScriptRunner } from '../providers/remote/script-runner.js';
import type { SnapshotCopies } from '../providers/snapshots/snapshot-copies.js';

/** What an Activity's work needs from Temporal, without Temporal: tests call the work directly with their own. */
export interface ActivityControl {
  /** Fires on cancellation, timeout and worker shutdown. */
  readonly signal: AbortSignal;
  /** Starts at 1. */
  readonly attempt: number;
  /** Differs between attempts, also of several workers at once: goes into object and scratch names. */
  readonly attemptToken: string;
  /** Kept small: it travels with the next heartbeat. */
  progress(details: Readonly<Record<string, string | number>>): void;
  log(level: 'info' | 'warn', message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** The concrete providers, built by the composition root. */
export interface Providers {
  runnerFor(host: HostPlan): ScriptRunner;
  readonly localRunner: ScriptRunner;
  /**
   * The argument list that rsync's --rsh takes for this host, as one string without shell syntax. Waits for the connection that it may share,
   * until `signal` fires.
   */
  remoteShellFor(host: HostPlan, signal: AbortSignal): Promise<RemoteShell>;
  /** What ssh makes of the host's settings. Throws ConfigInvalid when it does not take them. */
  sshRouteFor(host: HostPlan, signal: AbortSignal): Promise<SshRoute>;
  readonly network: Network;
  openStorage(destination: DestinationPlan): Promise<ObjectStorage>;
  readSecret(secret: SecretRef): Promise<string>;
  readonly catalogs: Catalogs;
  readonly encryption: Encryption;
  readonly keys: KeyStore;
  /** A private directory on this machine that remembers what was seen in destinations; it outlives the worker. */
  readonly seenDirectory: string;
  readonly runs: OpenRuns;
  readonly pastRuns: PastRuns;
  /** Asks nothing yet. Throws SecretUnavailable, ConfigInvalid. */
  openMetrics(plan: InfluxPlan): Promise<MetricsDatabase>;
  /** Sees to it that what waits for a configuration's metrics database is sent; `soon`: with what else ends in the next seconds. */
  pokeMetrics(configPath: string, urgency: 'now' | 'soon'): Promise<void>;
  /** Copies of the mirrors that this machine keeps. */
  readonly snapshots: SnapshotCopies;
  /** Limits on what this process moves. */
  readonly traffic: Traffic;
  /** Prometheus' text of a fleet. */
  fleetText(metrics: FleetMetrics): Promise<string>;
  /** A private directory on this machine for lists of running work. */
  readonly spoolDirectory: string;
  /** Name of this machine's own task queue. */
  readonly machineTaskQueue: string;
  readonly holdfastVersion: string;
}

export interface RemoteShell {
  /** For `rsync --rsh`: rsync itself splits it at spaces; no part holds one. */
  readonly rsh: string;
  /** What stands before the colon in rsync's operand. */
  readonly address: string;
  /** Why the connection that it shares broke, as a clause; undefined when it stands, or is rsync's own. */
  brokenBecause?(): Promise<string | undefined>;
  /** To be called once rsync has ended. */
  release(): void;
}
