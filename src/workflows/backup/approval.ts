import { condition, setHandler } from '@temporalio/workflow';
import { approvedBy } from '../../core/guard/approval.js';
import type { FleetRecord } from './fleet-record.js';
import {
  approveUpdate,
  rejectUpdate,
  type Decide,
  type Decided,
  type HeldSource,
  type HostAgain,
  type HostSummary,
} from '../messages.js';
import { firstThatFit } from '../payload-budget.js';
import { refusal, requireName } from '../run-refusal.js';

/** They are carried on when the run continues as a new execution. */
const HOLDS_BYTES = 256 * 1024;
const NAMED = 5;

/** The held sources of a run that a person may decide about while it goes on. */
export interface Holds {
  /** Those of a host that has ended. */
  open(summary: HostSummary): void;
  /** An approved host could not be begun (busy, away): it can be approved again. */
  reopen(again: HostAgain): void;
  readonly all: () => readonly HeldSource[];
  /** The run is not to end without a decision. */
  waits(): boolean;
}

/** Takes the updates `approve` and `reject`. @param onApproved called with what is to be backed up once more */
export function openHolds(
  initial: readonly HeldSource[],
  record: FleetRecord,
  onApproved: (again: HostAgain) => void,
): Holds {
  let holds: readonly HeldSource[] = [];
  const without = (gone: readonly HeldSource[]): void => {
    holds = holds.filter((one) => !gone.includes(one));
  };
  const add = (hold: HeldSource): void => {
    holds = [...holds, hold];
    void expire(hold);
  };
  const expire = async (hold: HeldSource): Promise<void> => {
    if (hold.untilMs === undefined) return;
    const leftMs = Math.max(1, hold.untilMs - Date.now());
    const decided = await condition(() => !holds.includes(hold), leftMs).catch(
      // Cancelled: the run does not wait any more.
      () => true,
    );
    if (decided) return;
    without([hold]);
    record.remark(hold.host, hold.source, 'Nobody approved it in time.');
  };
  const matching = ({ host, source }: Decide): readonly HeldSource[] =>
    holds.filter((one) => (host === undefined || one.host === host) && (source === undefined || one.source === source));
  const validator = (asked: Decide): void => {
    requireName('ApprovalRefused', asked);
    if (matching(asked).length > 0) return;
    const place = [asked.host, asked.source].filter((part) => part !== undefined).join(':');
    throw refusal(
      'ApprovalRefused',
      `Nothing${place === '' ? '' : ` of ${place}`} is held in this run. ${held(holds)}`,
    );
  };

  // Before the handlers: what came early is handled while they are set.
  for (const hold of initial) add(hold);
  setHandler(
    approveUpdate,
    (asked) => {
      const chosen = matching(asked);
      const { by, reason } = asked;
      const who = reason === undefined ? { by } : { by, reason };
      for (const host of new Set(chosen.map((one) => one.host))) {
        const approved = chosen.filter((one) => one.host === host).map((one) => ({ ...one, ...who }));
        for (const { source } of approved) record.note(`${host}:${source}: approved by ${approvedBy(who)}`);
        onApproved({ host, was: record.ofHost(host)?.status ?? 'held', approved });
      }
      without(chosen);
      return decidedOf(chosen);
    },
    { validator },
  );
  setHandler(
    rejectUpdate,
    (asked) => {
      const chosen = matching(asked);
      without(chosen);
      for (const { host, source } of chosen) record.remark(host, source, `Rejected by ${approvedBy(asked)}.`);
      return decidedOf(chosen);
    },
    { validator },
  );

  return {
    open: (summary) => {
      for (const hold of holdsOf(summary)) {
        const room = firstThatFit([...holds, hold], HOLDS_BYTES).length > holds.length;
        if (room) add(hold);
        else if (hold.untilMs !== undefined)
          record.remark(hold.host, hold.source, 'The run holds too many others to wait for this one.');
      }
    },
    reopen: ({ approved = [] }) => {
      for (const { by: _by, reason: _reason, ...hold } of approved) add(hold);
    },
    all: () => holds,
    waits: () => holds.some(({ untilMs }) => untilMs !== undefined),
  };
}

const holdsOf = ({ host, sources }: HostSummary): HeldSource[] =>
  sources.flatMap(({ source, status, failure, doubt, heldUntilMs }) =>
    status !== 'held'
      ? []
      : [
          {
            host,
            source,
            message: failure?.message ?? 'Held.',
            ...(doubt === undefined ? {} : { doubt }),
            ...(heldUntilMs === undefined ? {} : { untilMs: heldUntilMs }),
          },
        ],
  );

const decidedOf = (chosen: readonly HeldSource[]): Decided => ({
  sources: chosen.map(({ host, source }) => ({ host, source })),
});

function held(holds: readonly HeldSource[]): string {
  if (holds.length === 0) return 'No source waits for a person.';
  const named = holds.slice(0, NAMED).map(({ host, source }) => `${host}:${source}`);
  return `Held are ${named.join(', ')}${holds.length > NAMED ? ` and ${holds.length - NAMED} more` : ''}.`;
}
