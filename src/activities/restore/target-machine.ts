import { HoldfastError } from '../../core/failures.js';
import type { HostPlan } from '../../core/plan.js';
import type { ScriptRunner } from '../../providers/remote/script-runner.js';
import type { ActivityControl, Providers } from '../activity-control.js';
import { runWhole } from './run-script.js';
import { assertTargetStep } from './target-failures.js';

/** What is known of the machine and the directory that a restore writes to. */
export interface TargetMachine {
  readonly machine: string;
  /** Resolved, absolute. */
  readonly path: string;
  readonly type?: 'directory' | 'other';
  readonly shared: boolean;
  /** Owners can be set. */
  readonly root: boolean;
  readonly tools: readonly string[];
  /** Which of --xattrs, --acls and --selinux its tar knows. */
  readonly tarOptions: readonly string[];
}

const TOOLS = ['tar', 'zstd', 'find', 'xargs', 'getfattr', 'setfattr', 'rsync'] as const;

const LOOK = `
path=$(readlink -m -- "$HOLDFAST_TARGET" && printf x) || exit 1
path=\${path%?x}
printf 'path=%s\\0uid=%s\\0' "$path" "$(id -u)"
for option in --xattrs --acls --selinux; do
  said=$(tar --create --file=/dev/null "$option" --files-from=/dev/null 2>&1) && [ -z "$said" ] && printf 'tar-option=%s\\0' "$option"
done
for tool in ${TOOLS.join(' ')}; do command -v "$tool" >/dev/null 2>&1 && printf 'tool=%s\\0' "$tool"; done
tar --version 2>/dev/null | head -n 1 | grep -q 'GNU tar' && printf 'tool=gnu-tar\\0'
if [ -d "$path" ]; then printf 'type=directory\\0'; elif [ -e "$path" ]; then printf 'type=other\\0'; fi
[ ! -k "$path" ] || printf 'shared=yes\\0'
exit 0`;

export const targetRunner = (providers: Providers, host: HostPlan | undefined): ScriptRunner =>
  host === undefined ? providers.localRunner : providers.runnerFor(host);

/** Looks at the target. Throws ToolMissing when the machine lacks what a restore needs. */
export async function lookAtTarget(
  runner: ScriptRunner,
  control: ActivityControl,
  path: string,
  needed: readonly string[],
): Promise<TargetMachine> {
  const what = `look at ${path}`;
  const environment = { HOLDFAST_TARGET: path };
  const { output, result } = await runWhole(runner, { what, body: LOOK, environment, signal: control.signal });
  assertTargetStep(what, runner.machine, result);
  const facts = output.toString('utf8').split('\0').slice(0, -1);
  const values = (name: string): string[] =>
    facts.filter((fact) => fact.startsWith(`${name}=`)).map((fact) => fact.slice(name.length + 1));
  const tools = values('tool');
  const missing = needed.filter((tool) => !tools.includes(tool));
  if (missing.length > 0) throw new HoldfastError('ToolMissing', `${runner.machine} has no ${missing.join(', no ')}`);
  const [type] = values('type');
  return {
    machine: runner.machine,
    path: values('path')[0] ?? path,
    ...(type === 'directory' || type === 'other' ? { type } : {}),
    shared: values('shared').length > 0,
    root: values('uid')[0] === '0',
    tools,
    tarOptions: values('tar-option'),
  };
}
