import type { Failure } from '../failures.js';
import { failed, type CheckName, type HostCheck, notChecked, passed, sayable } from './checks.js';
import { clockCheck, spaceCheck, sudoChecks, toolsCheck } from './machine-checks.js';
import { sourceCheck } from './source-checks.js';
import type { SourcePlan } from '../plan.js';
import type { Findings } from './verification-findings.js';
import type { VerificationQuestions } from './verification-script.js';

export interface Judged {
  readonly sources: readonly SourcePlan[];
  readonly questions: VerificationQuestions;
  readonly findings: Findings;
  /** The worker's clock when the host's was read, and how exactly that is known. */
  readonly readAtMs?: number;
  readonly roundTripMs: number;
  /** Why the host did not come to the end of its answers. */
  readonly broken?: Failure;
}

/**
 * What a host's answers come to. The first one that is missing carries the reason why (a hanging mount, a lost connection, a host that says
 * something else); what follows it was not checked.
 */
export function findingChecks(judged: Judged): HostCheck[] {
  const { sources, questions, findings, broken } = judged;
  const answered: [CheckName, string | undefined, HostCheck[] | undefined][] = [
    ['clock', undefined, clockCheck(judged)],
    ['sudo', undefined, sudoChecks(questions, findings)],
    ['tools', undefined, toolsCheck(sources, findings)],
    ['temporary space', undefined, spaceCheck(findings)],
    ...sources.map((source, number): [CheckName, string, HostCheck[] | undefined] => [
      'path',
      source.name,
      sourceCheck(source, findings.sources.get(number)),
    ]),
  ];
  const checks: HostCheck[] = [];
  let lost: string | undefined;
  for (const [check, subject, found] of answered) {
    if (found !== undefined) checks.push(...found);
    else if (lost !== undefined) checks.push(notChecked(check, lost, subject));
    else {
      checks.push(unanswered(check, subject, broken));
      lost = 'the host gave no answer to the question before';
    }
  }
  return checks;
}

const unanswered = (check: CheckName, subject: string | undefined, broken: Failure | undefined): HostCheck =>
  broken === undefined
    ? failed(check, 'RemoteCommandFailed', 'the host gave no answer that makes sense', undefined, subject)
    : failed(check, broken.type, broken.message, broken.action, subject);

/** A program that a script or a hook needs on the host: known only when the host answered. */
export function programCheck(
  program: string,
  number: number,
  findings: Findings | undefined,
  usedBy: string,
): HostCheck {
  const found = findings?.programs.get(number);
  if (found === undefined) return notChecked('script', `whether the host has ${program} is not known`, usedBy);
  if (found) return passed('script', `it is there, and ${program} on the host`, usedBy);
  return failed(
    'script',
    'HookFailed',
    `the host has no ${program}, which it is to be run by`,
    `Install ${sayable(program)} on the host, or correct what the script or hook begins with.`,
    usedBy,
  );
}
