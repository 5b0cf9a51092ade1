import { access, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { scriptsOf, scriptsOfHooks, type NeededScript } from '../core/hooks/scripts.js';
import type { Configuration } from './resolve.js';

/**
 * What a valid configuration names and this machine does not have. Remarks, not mistakes: the worker may be another machine.
 */
export async function localWarnings(configuration: Configuration): Promise<string[]> {
  const warnings = await Promise.all([
    ...namedFiles(configuration),
    ...namedScripts(configuration),
    ...openToOthers(configuration.path),
    ...ofMetrics(configuration),
    ...directoryOfTextfile(configuration),
  ]);
  return [...new Set(warnings.flat())];
}

function namedFiles({ hosts, destinations }: Configuration): Promise<string[]>[] {
  return [
    ...destinations.flatMap((plan) => (plan.type === 'local' ? [missing(plan.path, `destination ${plan.name}`)] : [])),
    ...hosts.flatMap(({ name, ssh, sources }) => [
      ...(ssh.identityFile === undefined ? [] : [missing(ssh.identityFile, `ssh_key of ${name}`)]),
      ...sources.flatMap((source) =>
        source.excludeFile === undefined ? [] : [missing(source.excludeFile, `exclude_file of ${name}:${source.name}`)],
      ),
    ]),
  ];
}

function namedScripts({ hosts, runHooks }: Configuration): Promise<string[]>[] {
  return [
    ...scriptsOfHooks(runHooks, '').map((script) => missingScript(script, script.usedBy)),
    ...hosts.flatMap((host) =>
      scriptsOf(host).map((script) => missingScript(script, `${host.name}, ${script.usedBy}`)),
    ),
  ];
}

async function missingScript({ scriptsDir, name }: NeededScript, place: string): Promise<string[]> {
  const files = [join(scriptsDir, name), join(scriptsDir, `${name}.sh`)];
  const there = await Promise.all(files.map(exists));
  return there.includes(true) ? [] : [`script ${name} of ${place}: neither ${files.join(' nor ')} is on this machine`];
}

async function missing(file: string, what: string): Promise<string[]> {
  return (await exists(file)) ? [] : [`${what}: ${file} is not on this machine`];
}

function ofMetrics({ metrics, influxFile, path }: Configuration): Promise<string[]>[] {
  const influxdb = metrics?.influxdb;
  if (influxdb === undefined || 'unread' in influxdb) return [];
  const file = influxFile?.path ?? path;
  const secret = influxdb.version === 2 ? influxdb.token : influxdb.password;
  return [
    ...(influxdb.caFile === undefined ? [] : [missing(influxdb.caFile, 'ca_file of metrics.influxdb')]),
    ...(influxFile === undefined ? [] : openToOthers(file)),
    ...(secret !== undefined && 'text' in secret ? [readByOthers(file)] : []),
  ];
}

/** The file itself the worker makes. */
function directoryOfTextfile({ metrics }: Configuration): Promise<string[]>[] {
  const file = metrics?.prometheus?.textfile;
  return file === undefined ? [] : [missing(dirname(file), 'directory of the textfile of metrics.prometheus')];
}

async function readByOthers(file: string): Promise<string[]> {
  const warning = `${file} holds a secret and can be read by others than its owner and group: chmod o-r, or write the secret as {file: /PATH}`;
  return stat(file).then(
    ({ mode }) => ((mode & 0o004) === 0 ? [] : [warning]),
    () => [],
  );
}

const exists = (file: string): Promise<boolean> =>
  access(file.replace(/^~(?=\/)/, homedir())).then(
    () => true,
    () => false,
  );

/** Who can write the file decides what is run on the hosts. */
function openToOthers(file: string): Promise<string[]>[] {
  const warning = `${file} can be written by others than its owner: chmod go-w`;
  return [
    stat(file).then(
      ({ mode }) => ((mode & 0o022) === 0 ? [] : [warning]),
      () => [],
    ),
  ];
}
