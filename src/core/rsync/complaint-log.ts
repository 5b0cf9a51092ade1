import type { FlawedEntry } from '../archive/manifest.js';
import { type Complaint, type CopyPlaces, flawedEntryOf, parseComplaint } from './complaints.js';
import { type ErrorCounts, NO_ERRORS, withError } from '../errors/error-types.js';
import { isMultiplexingRemark } from '../ssh/failures.js';

const KEPT_FLAWS = 100;
const KEPT_LINES = 50;
const KEPT_WORDS = 5;

export interface Complaints {
  readonly flaws: { readonly count: number; readonly first: readonly FlawedEntry[] };
  /** All complaints by their kind. */
  readonly errorCounts: ErrorCounts;
  readonly source?: Extract<Complaint, { kind: 'source' }>;
  /** The first, worst kind first: full, broken, denied. */
  readonly destination?: Extract<Complaint, { kind: 'destination' }>;
  /** The last lines of standard error, as they came. */
  readonly lastLines: readonly string[];
  /** Of those the last that are about no place and no entry: of ssh, of the host's shell, and rsync's closing words. */
  readonly otherLines: readonly string[];
}

const DESTINATION_ORDER = ['denied', 'broken', 'full'];

/** Keeps what a run's standard error came to, in constant memory. */
export class ComplaintLog {
  private count = 0;
  private errorCounts = NO_ERRORS;
  private readonly first: FlawedEntry[] = [];
  private readonly lastLines: string[] = [];
  private readonly otherLines: string[] = [];
  private source: Complaints['source'];
  private destination: Complaints['destination'];

  constructor(private readonly places: CopyPlaces) {}

  add(line: string): void {
    if (line.trim() === '' || isMultiplexingRemark(line)) return;
    this.lastLines.push(line);
    if (this.lastLines.length > KEPT_LINES) this.lastLines.shift();
    const complaint = parseComplaint(line, this.places);
    if (!('error' in complaint)) this.otherLines.push(line);
    if (this.otherLines.length > KEPT_WORDS) this.otherLines.shift();
    this.take(complaint);
  }

  /** Some complaints come on standard output; what is none is left alone there. */
  addOutput(line: string): void {
    const complaint = parseComplaint(line, this.places);
    if (complaint.kind === 'flaw') this.take(complaint);
  }

  complaints(): Complaints {
    return {
      flaws: { count: this.count, first: [...this.first] },
      errorCounts: this.errorCounts,
      lastLines: [...this.lastLines],
      otherLines: [...this.otherLines],
      ...(this.source === undefined ? {} : { source: this.source }),
      ...(this.destination === undefined ? {} : { destination: this.destination }),
    };
  }

  private take(complaint: Complaint): void {
    if ('error' in complaint) this.errorCounts = withError(this.errorCounts, complaint.error);
    if (complaint.kind === 'source') this.source ??= complaint;
    if (complaint.kind === 'destination' && rank(complaint) > rank(this.destination)) this.destination = complaint;
    if (complaint.kind !== 'flaw') return;
    this.count += 1;
    if (this.first.length < KEPT_FLAWS) this.first.push(flawedEntryOf(complaint));
  }
}

const rank = (complaint: Complaints['destination']): number =>
  complaint === undefined ? -1 : DESTINATION_ORDER.indexOf(complaint.problem);
