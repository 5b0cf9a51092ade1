import type { Judged } from './finding-checks.js';
import { failed, type HostCheck, passed, sayable, warned } from './checks.js';
import type { SourcePlan } from '../plan.js';
import { lackFor, VERIFIED_TOOLS } from '../ssh/probe.js';
import type { Findings } from './verification-findings.js';
import type { VerificationQuestions } from './verification-script.js';

/** Beyond this, times in listings and the host's own logs no longer tell what came first; backups compare times for equality alone. */
const CLOCK_SKEW_WORTH_A_WARNING_MS = 60_000;
/** Lists of names and scripts lie in the temporary directory while they are used. */
const TEMPORARY_BYTES_WANTED = 64 * 1024 * 1024;

export function clockCheck({ findings, readAtMs, roundTripMs }: Judged): HostCheck[] | undefined {
  if (findings.clockMs === undefined || readAtMs === undefined) return undefined;
  const skewMs = findings.clockMs - readAtMs;
  const seconds = (Math.abs(skewMs) / 1000).toFixed(1);
  const seen = `${seconds} s ${skewMs >= 0 ? 'ahead of' : 'behind'} the worker’s, give or take ${(roundTripMs / 1000).toFixed(1)} s`;
  if (Math.abs(skewMs) < CLOCK_SKEW_WORTH_A_WARNING_MS) return [passed('clock', seen)];
  return [warned('clock', seen, 'Let a time service (chrony, systemd-timesyncd) set the clock, on both machines.')];
}

/** Only where rsync is to run as another user. */
export function sudoChecks({ rsyncPaths }: VerificationQuestions, { sudo }: Findings): HostCheck[] | undefined {
  if (rsyncPaths.some((_, number) => !sudo.has(number))) return undefined;
  return rsyncPaths.map((words, number) => {
    const { status, said } = sudo.get(number) ?? { status: 1, said: '' };
    const command = words.join(' ');
    if (status === 0 && said.startsWith('rsync ')) return passed('sudo', `${command} runs without a password`);
    return failed(
      'sudo',
      'HostAuthFailed',
      `${command} ended with status ${status}: ${said}`,
      `Allow it without a password in sudoers(5) on the host: \`USER ALL=(root) NOPASSWD: /usr/bin/rsync\`, and no \`requiretty\`.`,
    );
  });
}

export function toolsCheck(sources: readonly SourcePlan[], { tools: found }: Findings): HostCheck[] | undefined {
  if (found === undefined) return undefined;
  const said = VERIFIED_TOOLS.flatMap((name) => {
    const version = found.tools[name] ?? found.strangers[name];
    return version === undefined ? [] : [`${name} ${sayable(version).slice(0, 40)}`];
  }).join(', ');
  const engines = [...new Set(sources.map(({ engine }) => engine))];
  const lacks = engines.flatMap((engine) => lackFor(engine, found) ?? []);
  if (lacks.length > 0) {
    const missing = VERIFIED_TOOLS.filter((name) => found.tools[name] === undefined && name !== 'zstd');
    return [
      failed(
        'tools',
        'ToolMissing',
        `${lacks.join('; ')} (there: ${said === '' ? 'none' : said})`,
        installation(missing),
      ),
    ];
  }
  if (found.tools['zstd'] === undefined && sources.some(({ engine }) => engine === 'archive')) {
    return [warned('tools', `${said}; no zstd: archives are compressed on the worker`, installation(['zstd']))];
  }
  return [passed('tools', said)];
}

/** In Debian's and most others' packages of these names. */
const PACKAGES: Readonly<Record<string, string>> = { find: 'findutils', sort: 'coreutils', head: 'coreutils' };

const installation = (tools: readonly string[]): string =>
  `Install on the host: ${[...new Set(tools.map((tool) => PACKAGES[tool] ?? tool))].join(' ')} (the GNU ones).`;

export function spaceCheck({ temporary }: Findings): HostCheck[] | undefined {
  if (temporary === undefined) return undefined;
  if (temporary === 'none') {
    const seen = 'no temporary directory that the login user may write to ($TMPDIR, /tmp, /var/tmp)';
    return [
      failed('temporary space', 'RemoteCommandFailed', seen, 'Make /tmp writable for all (mode 1777) on the host.'),
    ];
  }
  const { freeBytes, directory } = temporary;
  const seen = `${mebibytes(freeBytes)} free in ${directory}`;
  if (freeBytes >= TEMPORARY_BYTES_WANTED) return [passed('temporary space', seen)];
  return [
    warned('temporary space', seen, 'Make room there: lists of names and scripts lie in it while they are used.'),
  ];
}

const mebibytes = (bytes: number): string =>
  bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.floor(bytes / 2 ** 20)} MiB`;
