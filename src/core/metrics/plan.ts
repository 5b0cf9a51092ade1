import type { SecretRef } from '../plan.js';

/** What the configuration says of metrics; absent parts are off. */
export interface MetricsPlan {
  readonly influxdb?: InfluxPlan | UnreadInflux;
  readonly prometheus?: {
    /** Absolute; written anew, by rename, whenever a run ends: for node_exporter's textfile collector. */
    readonly textfile?: string;
  };
}

/** It stands in a file that could not be opened: what is to be sent waits. */
export interface UnreadInflux {
  /** The reason, as a sentence. */
  readonly unread: string;
}

/** A secret by reference, or as it stands in the file: then it never leaves the process that read it. */
export type SecretOrText = SecretRef | { readonly text: string };

interface InfluxServer {
  /** `http://localhost:8086`, without user or token. */
  readonly url: string;
  /** PEM file of the CAs to trust instead of the system's. */
  readonly caFile?: string;
  /** How long one request may take. */
  readonly timeoutMs: number;
}

export type InfluxPlan = Influx1Plan | Influx2Plan;

export interface Influx1Plan extends InfluxServer {
  readonly version: 1;
  readonly database: string;
  readonly retentionPolicy?: string;
  readonly username?: string;
  readonly password?: SecretOrText;
}

export interface Influx2Plan extends InfluxServer {
  readonly version: 2;
  readonly organization: string;
  readonly bucket: string;
  readonly token: SecretOrText;
}
