/** The Activity that reports read the catalog with: types only. */
import type { ReportPart } from '../../core/report/part.js';
import type { ReportWindow } from '../../core/report/window.js';

export interface ReadReportInput {
  readonly configPath: string;
  /** From 1 to `DAYS_AT_MOST`; the last of them is today, UTC. */
  readonly days: number;
  /** Of the page before; absent: the first page. */
  readonly after?: ReportPosition;
}
/** Where the next page begins. All pages tell of the same moment. */
export interface ReportPosition {
  readonly untilMs: number;
  /** So many groups of sources are told. */
  readonly groups: number;
}
/** Some 250 KB; where many things failed, up to twice that: Temporal warns from 512 KB on, and refuses from 2 MB on. */
export interface ReadReportResult {
  readonly window: ReportWindow;
  /** Disks of destinations stand in the first page. */
  readonly part: ReportPart;
  /** Absent: that was all. */
  readonly next?: ReportPosition;
}

export interface ReportActivities {
  /** How the configured sources are, and what they did. Throws CatalogUnavailable, and what the configuration throws. */
  readReport(input: ReadReportInput): Promise<ReadReportResult>;
}
