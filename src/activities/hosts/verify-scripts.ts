import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { failureOf } from '../../core/failures.js';
import { programCheck } from '../../core/hosts/finding-checks.js';
import { failed, type HostCheck, passed } from '../../core/hosts/checks.js';
import { programsOf, scriptsOf, type NeededScript } from '../../core/hooks/scripts.js';
import type { HostPlan } from '../../core/plan.js';
import { interpreterOf } from '../../core/ssh/script-body.js';
import type { Findings } from '../../core/hosts/verification-findings.js';
import { findScript } from './script-file.js';

/** A script or a hook's command, and the program that it is run by. */
interface Runnable {
  /** `www: pre_script stop_apache`. */
  readonly usedBy: string;
  readonly where: 'host' | 'worker';
  readonly program: string;
}

export interface FoundScripts {
  readonly runnable: readonly Runnable[];
  /** What is wrong on the worker already. */
  readonly troubles: readonly HostCheck[];
  /** What the host must have, each once. */
  readonly programs: readonly string[];
}

/** The scripts and hooks of a host and its sources. Scripts lie on the worker, wherever they run. */
export async function findScripts(host: HostPlan): Promise<FoundScripts> {
  const scripts = await Promise.all(scriptsOf(host).map(found));
  const runnable = [...scripts.filter(isRunnable), ...programsOf(host)];
  const onHost = runnable.filter(({ where }) => where === 'host').map(({ program }) => program);
  return {
    runnable,
    troubles: scripts.flatMap((one) => (isRunnable(one) ? [] : [one])),
    programs: [...new Set(onHost)],
  };
}

/** @param findings undefined: the host was not reached */
export async function scriptChecks(
  { runnable, troubles, programs }: FoundScripts,
  findings: Findings | undefined,
): Promise<HostCheck[]> {
  const checks = runnable.map(async ({ usedBy, where, program }) => {
    if (where === 'host') return programCheck(program, programs.indexOf(program), findings, usedBy);
    if (await isHere(program)) return passed('script', `it is there, and ${program} too`, usedBy);
    const seen = `the worker has no ${program}, which it is to be run by`;
    return failed('script', 'HookFailed', seen, 'Install it, or correct what the script or hook begins with.', usedBy);
  });
  return [...troubles, ...(await Promise.all(checks))];
}

const isRunnable = (one: Runnable | HostCheck): one is Runnable => 'program' in one;

async function found(script: NeededScript): Promise<Runnable | HostCheck> {
  const { name, where } = script;
  const usedBy = `${script.usedBy} ${name}`;
  try {
    const { bytes } = await findScript(script);
    const [program = 'sh'] = interpreterOf(bytes.subarray(0, 4096).toString('utf8'));
    return { usedBy, where, program };
  } catch (error) {
    const { type, message, action } = failureOf(error);
    return failed('script', type, message, action, usedBy);
  }
}

async function isHere(program: string): Promise<boolean> {
  const paths = program.includes('/')
    ? [program]
    : (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, program));
  const executable = paths.map((path) =>
    access(path, constants.X_OK).then(
      () => true,
      () => false,
    ),
  );
  return (await Promise.all(executable)).includes(true);
}
