import type { DestinationLimits, DestinationPlan, DestinationProtection, Engine, S3Destination } from '../core/plan.js';
import type { Given, Inheritance } from './inheritance.js';
import { suggestion } from './nearest.js';
import { shown } from './problems.js';
import { bytesPerSecond } from './units.js';
import { BY_DEFAULT, type Resolution } from './resolution.js';
import type { ConfigurationFile, DestinationEntry } from './schema/configuration.js';

/** The name under which `config.backup_base` is a destination. */
const BACKUP_BASE = 'backup_base';

export function resolveDestinations(file: ConfigurationFile, resolution: Resolution): Map<string, DestinationPlan> {
  const plans = new Map<string, DestinationPlan>();
  const base = file.config?.backup_base;
  const common = commonProtection(file);
  if (base !== undefined)
    plans.set(BACKUP_BASE, { name: BACKUP_BASE, type: 'local', path: withoutSlash(base), ...common });
  for (const [name, entry] of Object.entries(file.destinations ?? {})) {
    if (name === BACKUP_BASE) {
      resolution.report(['destinations', name], 'this name is config.backup_base’s; choose another', 'key');
      continue;
    }
    plans.set(name, {
      ...destinationPlan(name, entry, resolution),
      ...common,
      ...protectionOf(entry),
      ...limitsOf(entry),
    });
  }
  reportSharedDirectories(plans, resolution);
  return plans;
}

function destinationPlan(name: string, entry: DestinationEntry, resolution: Resolution): DestinationPlan {
  const at = ['destinations', name];
  for (const [key, value] of Object.entries(entry))
    resolution.record([...at, key], value, resolution.originOf([...at, key]));
  if (entry.type === 'local') return { name, type: 'local', path: withoutSlash(entry.path) };
  reportHalfCredentials(name, entry, resolution);
  const pathStyle = entry.path_style ?? entry.endpoint !== undefined;
  if (entry.path_style === undefined) resolution.record([...at, 'path_style'], pathStyle, BY_DEFAULT);
  return s3Plan(name, entry, pathStyle);
}

/** What counts for all destinations of a configuration. */
const commonProtection = ({ config }: ConfigurationFile): DestinationProtection =>
  defined({ keysDir: config?.keys_dir, restoreIdentity: config?.restore_identity });

const limitsOf = ({ bandwidth_limit: limit }: DestinationEntry): DestinationLimits =>
  defined({ bandwidthLimitBytesPerSecond: bytesPerSecond(limit) });

function protectionOf({ encryption, verify_keys: verifyKeys }: DestinationEntry): DestinationProtection {
  const to =
    encryption && defined({ recipients: encryption.recipients ?? [], recipientsFile: encryption.recipients_file });
  return defined({ encryption: to, verifyKeys });
}

type S3Entry = Extract<DestinationEntry, { type: 's3' }>;

function s3Plan(name: string, entry: S3Entry, pathStyle: boolean): S3Destination {
  return defined({
    name,
    type: 's3',
    bucket: entry.bucket,
    prefix: entry.prefix ?? '',
    endpoint: entry.endpoint,
    region: entry.region,
    pathStyle,
    storageClass: entry.storage_class,
    sse: entry.sse,
    sseKmsKeyId: entry.sse_kms_key_id,
    accessKeyId: entry.access_key_id,
    secretAccessKey: entry.secret_access_key,
    sessionToken: entry.session_token,
  });
}

function reportHalfCredentials(name: string, entry: S3Entry, resolution: Resolution): void {
  const at = (key: string) => ['destinations', name, key];
  if (entry.access_key_id && !entry.secret_access_key)
    resolution.report(at('access_key_id'), 'secret_access_key is missing beside it; write both or none', 'key');
  if (entry.secret_access_key && !entry.access_key_id)
    resolution.report(at('secret_access_key'), 'access_key_id is missing beside it; write both or none', 'key');
  if (entry.session_token && !entry.access_key_id)
    resolution.report(at('session_token'), 'it goes with access_key_id and secret_access_key; write them too', 'key');
  if (entry.sse_kms_key_id !== undefined && entry.sse !== 'aws:kms')
    resolution.report(at('sse_kms_key_id'), 'a key is used with sse: aws:kms only; write that too', 'key');
}

/** Two destinations in one directory, or one in what the other keeps of a host, would each change what is the other's. */
function reportSharedDirectories(plans: ReadonlyMap<string, DestinationPlan>, resolution: Resolution): void {
  const locals = [...plans.values()].filter((plan) => plan.type === 'local');
  const hosts = resolution.writtenNames('hosts');
  for (const [index, plan] of locals.entries()) {
    const at = plan.name === BACKUP_BASE ? ['config', BACKUP_BASE] : ['destinations', plan.name, 'path'];
    const same = locals.slice(0, index).find(({ path }) => path === plan.path);
    if (same) resolution.report(at, `${shown(plan.path)} is the directory of ${same.name} too; use one name for it`);
    const around = locals.find(({ path }) => hosts.some((host) => `${plan.path}/`.startsWith(`${path}/${host}/`)));
    if (around)
      resolution.report(
        at,
        `${shown(plan.path)} lies in what ${around.name} keeps of a host; write a directory elsewhere`,
      );
  }
}

export interface DestinationSettings {
  readonly destination?: string | undefined;
}

/**
 * The destination of a source: what its path or host says; else `backup_base` for a mirror, and `config.destination` or
 * `backup_base` for an archive. Undefined when that is reported as a mistake.
 */
export function destinationOf(
  engine: Engine,
  settings: Inheritance<DestinationSettings>,
  plans: ReadonlyMap<string, DestinationPlan>,
  resolution: Resolution,
): DestinationPlan | undefined {
  const given = givenDestination(engine, settings, plans);
  if (given === undefined) {
    settings.record('destination', BACKUP_BASE, BY_DEFAULT);
    const base = plans.get(BACKUP_BASE);
    const isWritten = resolution.writtenNames('config').includes(BACKUP_BASE);
    if (base === undefined && !isWritten)
      resolution.report(
        ['config', BACKUP_BASE],
        'this is missing; write the directory for the copies, or a destination for every host',
        'key',
      );
    return base;
  }
  settings.record('destination', given.value, given.origin);
  return namedDestination(engine, given, plans, resolution);
}

function givenDestination(
  engine: Engine,
  settings: Inheritance<DestinationSettings>,
  plans: ReadonlyMap<string, DestinationPlan>,
): Given<string> | undefined {
  const given = settings.find('destination');
  if (given === undefined || given.place !== 'config' || engine === 'archive') return given;
  return plans.has(BACKUP_BASE) ? undefined : given;
}

function namedDestination(
  engine: Engine,
  given: Given<string>,
  plans: ReadonlyMap<string, DestinationPlan>,
  resolution: Resolution,
): DestinationPlan | undefined {
  const plan = plans.get(given.value);
  const written = [...plans.keys(), ...resolution.writtenNames('destinations')];
  if (plan === undefined) {
    if (!written.includes(given.value))
      resolution.report(
        given.path,
        `there is no destination ${shown(given.value)}; ${suggestion(given.value, written, 'describe it under destinations')}`,
      );
    return undefined;
  }
  if (engine === 'mirror' && plan.type !== 'local') {
    resolution.report(
      given.path,
      `a mirror needs a local directory, ${shown(given.value)} is ${plan.type}; write engine: archive, or a local destination`,
    );
    return undefined;
  }
  if (engine === 'mirror' && plan.encryption !== undefined) {
    resolution.report(
      given.path,
      `a mirror is a plain copy, ${shown(given.value)} is encrypted; write engine: archive, or another destination`,
    );
    return undefined;
  }
  return plan;
}

const withoutSlash = (path: string): string => path.replace(/\/+/g, '/').replace(/(?<=.)\/$/, '');

/** Plans carry no undefined members: they travel as JSON. */
export function defined<Value extends object>(value: { [Key in keyof Value]: Value[Key] | undefined }): Value {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Value;
}
