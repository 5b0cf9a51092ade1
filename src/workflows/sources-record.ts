import { setCurrentDetails } from '@temporalio/workflow';
import type { Failure } from '../core/failures.js';
import { worstStatus, type Status } from '../core/statuses.js';
import { counted, countOf, NO_COUNTS, statusOfCounts } from './backup/fleet-summary.js';
import type { SourceOutcome, SourcesProgress, SourcesResult, SourcesState } from './messages.js';
import { firstThatFit } from './payload-budget.js';

/** What a run that goes through many sources knows so far: answers its query, is carried on, and becomes its result. */
export interface SourcesRecord<Outcome extends SourceOutcome> {
  /** So many hosts of the configuration are done. */
  hostsTaken(count: number): void;
  doing(place: string, what: string): void;
  ended(place: string, outcome: Outcome): void;
  /** The run as a whole could not be done, or not to its end. */
  stop(reason: Failure): void;
  note(remarks: readonly string[]): void;
  readonly progress: () => SourcesProgress;
  state(): SourcesState<Outcome>;
  result(): SourcesResult<Outcome>;
  worstFailure(): Failure | undefined;
}

const BYTES_AT_MOST = 40 * 1024;
const NOTES_AT_MOST = 50;
const LISTED = 200;
const WORST_FIRST: readonly Status[] = ['failed', 'cancelled', 'held', 'skipped', 'warning', 'ok'];

export function openSourcesRecord<Outcome extends SourceOutcome>(
  title: string,
  carried: SourcesState<Outcome> | undefined,
): SourcesRecord<Outcome> {
  const running = new Map<string, string>();
  let stopped: Failure | undefined;
  let state: SourcesState<Outcome> = carried ?? {
    startedAtMs: Date.now(),
    offset: 0,
    counts: NO_COUNTS,
    sources: [],
    notes: [],
  };
  const progress = (): SourcesProgress => ({
    sourcesDone: countOf(state.counts),
    counts: state.counts,
    running: [...running].map(([place, what]) => `${place}: ${what}`),
    ended: state.sources.slice(0, LISTED).map(({ host, source, status }) => ({ host, source, status })),
  });
  const update = (news: Partial<SourcesState<Outcome>>): void => {
    state = { ...state, ...news };
    setCurrentDetails(detailsOf(title, progress()));
  };
  const fitted = (): readonly Outcome[] => firstThatFit(state.sources, BYTES_AT_MOST);

  return {
    hostsTaken: (count) => update({ offset: state.offset + count }),
    doing: (place, what) => {
      running.set(place, what);
      update({});
    },
    ended: (place, outcome) => {
      running.delete(place);
      const sources = [...state.sources, outcome].sort(
        (a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status),
      );
      update({ counts: counted(state.counts, outcome.status), sources: sources.slice(0, LISTED) });
    },
    stop: (reason) => {
      stopped = reason;
    },
    note: (remarks) => update({ notes: [...new Set([...state.notes, ...remarks])].slice(0, NOTES_AT_MOST) }),
    progress,
    state: () => ({ ...state, sources: fitted() }),
    result: () => ({
      status: worstStatus([...statusOf(stopped), statusOfCounts(state.counts)]),
      ...(stopped === undefined ? {} : { failure: stopped }),
      counts: state.counts,
      sources: fitted(),
      notes: state.notes,
      startedAtMs: state.startedAtMs,
      durationMs: Date.now() - state.startedAtMs,
    }),
    worstFailure: () => (state.counts.failed > 0 ? state.sources[0]?.failure : (stopped ?? state.sources[0]?.failure)),
  };
}

function statusOf(stopped: Failure | undefined): Status[] {
  if (stopped === undefined) return [];
  return [stopped.type === 'Cancelled' ? 'cancelled' : 'failed'];
}

function detailsOf(title: string, { sourcesDone, counts, running, ended }: SourcesProgress): string {
  const tally = (Object.keys(counts) as Status[]).filter((status) => counts[status] > 0);
  const bad = ended.filter(({ status }) => status !== 'ok').slice(0, 50);
  return [
    `**${title}**: ${sourcesDone} sources done${tally.map((status) => `, ${counts[status]} ${status}`).join('')}`,
    ...running.map((line) => `- ${line}`),
    ...bad.map(({ host, source, status }) => `- ${host}:${source}: **${status}**`),
  ].join('\n');
}
