import {
  ChildWorkflowCancellationType,
  continueAsNew,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { failure } from '../../core/failures.js';
import { sizesWorkflowId } from '../../core/ids.js';
import { local, step, summaryOf } from '../activity-profiles.js';
import { conclude } from '../conclude.js';
import { failureOfActivity } from '../failure-of-activity.js';
import { settleEach } from '../fan-out.js';
import type { measureSizes } from './measure-sizes.js';
import {
  scanSizesProgressQuery,
  WORKFLOW,
  type HostSizes,
  type MeasureSizesResult,
  type ScanSizesInput,
  type ScanSizesResult,
} from '../messages.js';
import { resultInFailure } from '../result-in-failure.js';
import { isCancelled } from '../scopes.js';
import { openScanRecord, type ScanRecord } from './size-scan-record.js';
import { NO_SIZES } from './sizes-record.js';

/** It has time: few at once leave the disks to backups. */
const HOSTS_AT_A_TIME = 2;
const PAGE = 50;

/** Measures the copies of many hosts, each in a `measureSizes` of its own, whatever becomes of the others. */
export async function scanSizes(input: ScanSizesInput): Promise<ScanSizesResult> {
  const record = openScanRecord(input);
  setHandler(scanSizesProgressQuery, record.progress);
  const goesOn = await measureHosts(input, record).catch((error: unknown) => {
    record.stop(failureOfActivity(error));
    return false;
  });
  if (isCancelled()) {
    const { hostsTotal, hostsDone } = record.progress();
    record.stop(failure('Cancelled', `The scan was cancelled; ${hostsTotal - hostsDone} hosts were not begun.`));
  } else if (goesOn) await continueAsNew<typeof scanSizes>({ ...input, carried: record.state() });
  const result = record.result();
  return conclude(result);
}

/** Gives `true` when the history has grown long and the scan is to go on in a new execution. */
async function measureHosts(input: ScanSizesInput, record: ScanRecord): Promise<boolean> {
  const { configPath, selection } = input;
  for (;;) {
    const { hostsDone: offset } = record.state();
    const page = await step('read the hosts', local.listHosts, { configPath, selection, offset, limit: PAGE });
    record.total(page.total);
    if (page.total === 0) record.stop(failure('HostNotInConfig', `No host in ${configPath} is what was asked for.`));
    const waiting = [...page.hosts];
    await settleEach(
      HOSTS_AT_A_TIME,
      async () => (isCancelled() ? undefined : waiting.shift()),
      async (host) => {
        record.began(host);
        record.ended(await measureHost(host, input));
      },
    );
    if (isCancelled() || page.hosts.length === 0 || record.state().hostsDone >= page.total) return false;
    if (workflowInfo().continueAsNewSuggested) return true;
  }
}

async function measureHost(host: string, { configPath, selection, limitMs }: ScanSizesInput): Promise<HostSizes> {
  try {
    const result = await executeChild<typeof measureSizes>(WORKFLOW.measureSizes, {
      // One scan of a host at a time: what another one measures stands in the catalog all the same.
      workflowId: sizesWorkflowId(host),
      args: [{ configPath, host, selection, limitMs }],
      staticSummary: summaryOf(`Measure ${host}`),
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    return summaryOfHost(result);
  } catch (error) {
    const result = resultInFailure<MeasureSizesResult>(error, 'measure-sizes');
    if (result !== undefined) return summaryOfHost(result);
    const reason = failureOfActivity(error, { host });
    const busy = failure('Busy', 'Another scan of this host is going on.', { host });
    const status = isCancellation(error) ? 'cancelled' : reason.type === 'Busy' ? 'skipped' : 'failed';
    return { host, status, failure: reason.type === 'Busy' ? busy : reason, counts: NO_SIZES };
  }
}

function summaryOfHost({ host, status, failure: whole, failures, counts }: MeasureSizesResult): HostSizes {
  const reason = whole ?? failures[0];
  return { host, status, ...(reason === undefined ? {} : { failure: reason }), counts };
}
