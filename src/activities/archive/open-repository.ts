import type { DestinationPlan, SecretRef } from '../../core/plan.js';
import { secretName } from '../../core/secret-name.js';
import type { DataKey, Encryption } from '../../providers/encryption/encryption.js';
import type { WorkerKeys } from '../../providers/keys/key-store.js';
import type { ObjectStorage } from '../../providers/storage/object-storage.js';
import type { Providers } from '../activity-control.js';
import type { Sealing } from './sealing.js';
import { requiredKeys, sealingFor } from './sealing.js';
import { SeenBackups } from './seen-backups.js';
import { trustedKeys } from './trusted-keys.js';

/** What a request brings beyond the configuration. */
export interface RepositoryAccess {
  /** The private key that opens what is encrypted; read when it is first needed. */
  readonly identity?: SecretRef;
  /** Manifests are believed whoever signed them: a person takes it upon them. */
  readonly acceptUntrusted?: boolean;
}

/**
 * A destination of archives: its objects, and what this worker needs to write them so that others cannot read them, to open them, and to
 * know its own manifests again. The keys are read when they are first asked for.
 */
export interface Repository extends ObjectStorage {
  readonly encryption: Encryption;
  /** How new objects are encrypted; undefined where they are not. Throws KeysMissing, RecipientRefused, ToolMissing, SecretUnavailable. */
  sealing(): Promise<Sealing | undefined>;
  /** What manifests are signed with; undefined when the worker has no key. Throws KeysMissing where the destination is encrypted. */
  signing(): Promise<WorkerKeys['signing']>;
  /** Opens indexes and running plans: the worker's own key and the identity, those that there are. */
  indexKey(): Promise<DataKey | undefined>;
  /** Opens everything; undefined when no identity was given. */
  dataKey(): Promise<DataKey | undefined>;
  /** Base64 public keys; empty: this worker cannot tell whose a manifest is. */
  trustedKeys(): Promise<readonly string[]>;
  readonly seen: SeenBackups;
}

/** The access for a request that reads backups: what it names, else what the configuration has. */
export function accessOf(
  destination: DestinationPlan,
  request: { readonly identity?: SecretRef; readonly acceptUntrusted?: boolean },
): RepositoryAccess {
  const identity = request.identity ?? destination.restoreIdentity;
  return {
    ...(identity === undefined ? {} : { identity }),
    ...(request.acceptUntrusted === undefined ? {} : { acceptUntrusted: request.acceptUntrusted }),
  };
}

/** Asks nothing of the destination yet. Throws what `openStorage` throws. */
export async function openRepository(
  providers: Providers,
  destination: DestinationPlan,
  access: RepositoryAccess = {},
): Promise<Repository> {
  const storage = await providers.openStorage(destination);
  const seen = new SeenBackups(providers.seenDirectory, destination);
  const workerKeys = once(() => providers.keys.workerKeys(destination.keysDir));
  const identity = once(() => readIdentity(providers, access.identity));
  const isEncrypted = destination.encryption !== undefined;
  return Object.assign(storage, {
    encryption: providers.encryption,
    seen,
    sealing: once(async () => sealingFor(providers.encryption, destination, workerKeys)),
    signing: async () =>
      isEncrypted ? requiredKeys(destination, await workerKeys()).signing : (await workerKeys()).signing,
    indexKey: async () => indexKeyOf(await workerKeys(), await identity()),
    dataKey: identity,
    trustedKeys: once(async () =>
      access.acceptUntrusted ? [] : trustedKeys(providers.keys, destination, await workerKeys(), storage, seen),
    ),
  });
}

async function readIdentity(providers: Providers, reference: SecretRef | undefined): Promise<DataKey | undefined> {
  if (reference === undefined) return undefined;
  return { files: [], text: await providers.readSecret(reference), name: secretName(reference) };
}

function indexKeyOf({ index }: WorkerKeys, identity: DataKey | undefined): DataKey | undefined {
  if (index === undefined) return identity;
  const own = `the worker’s index key ${index.file}`;
  return identity === undefined
    ? { files: [index.file], name: own }
    : { ...identity, files: [index.file], name: `${own} and ${identity.name}` };
}

/** The work is done when it is first asked for, and not again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
