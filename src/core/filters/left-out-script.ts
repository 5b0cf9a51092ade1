import { ageSeconds, type EntryFilters } from './entry-filters.js';
import { stage } from '../pipeline-stage.js';
import { walkByLevels } from '../scan/levels.js';
import { findRoot, looksForMarks, passedBy, type ScanLimits } from '../scan/limits.js';
import { enterSource, TOOL_MISSING } from '../scan/script.js';
import { quote, quoteAll } from '../shell-quoting.js';

/** Whether some of the filters are none that rsync knows itself. */
export const needsLeftOutList = ({ filters }: ScanLimits): boolean => {
  const { maxFileSizeBytes, newerThanMs, olderThanMs } = filters ?? {};
  return (
    looksForMarks({ filters: filters ?? {} }) ||
    [maxFileSizeBytes, newerThanMs, olderThanMs].some((limit) => limit !== undefined)
  );
};

/** What the ages of files are counted from, in seconds: `newer_than` from the one, `older_than` from the other. */
export interface AgesAt {
  readonly newerSeconds: number;
  readonly olderSeconds: number;
}

/** Prints what filters that rsync does not know leave out of the tree below `path`; see `readLeftOut`. Ages count from now by default. */
export function leftOutScript(path: string, limits: ScanLimits, agesAt?: AgesAt): string {
  const file = fileTest(limits.filters ?? {});
  const list = file === undefined ? '' : `${file} -printf '-%p\\0' ,`;
  const marks = `xargs -0 -r printf '+%s\\0' <"$HOLDFAST_SCRATCH/marks"${
    file === undefined
      ? ''
      : ` && batch ${quote(`exec find "$@" -maxdepth 0 ${file} -printf '-%p\\0'`)} sh <"$HOLDFAST_SCRATCH/marks"`
  }`;
  const byLevels = looksForMarks(limits);
  return `${enterSource(path)}
case $(find --version 2>/dev/null | head -n 1) in *GNU*) ;; *) exit ${TOOL_MISSING} ;; esac
now=$(date +%s) newer= older=
${ages(limits.filters ?? {}, agesAt)}
export newer older
${byLevels ? walkByLevels({ limits, list: list === '' ? '' : `'(' ${list} -true ')'`, listMounted: [], marks }) : ''}
${byLevels ? stage('left-out', ['walk']) : `stage left-out ${quoteAll([...findRoot(limits), ...passedBy(limits, [])])} ${file ?? ''} -printf '-%p\\0'`}
exit 0
`;
}

/** Words of find that are true for files which are left out, as shell text; undefined when none is. */
function fileTest({ maxFileSizeBytes, newerThanMs, olderThanMs }: EntryFilters): string | undefined {
  const tests = [
    ...(maxFileSizeBytes === undefined ? [] : [`-size +${maxFileSizeBytes}c`]),
    ...(newerThanMs === undefined ? [] : [`'!' -newermt "$newer"`]),
    ...(olderThanMs === undefined ? [] : [`-newermt "$older"`]),
  ];
  return tests.length === 0 ? undefined : `-type f '(' ${tests.join(' -o ')} ')'`;
}

const ages = ({ newerThanMs, olderThanMs }: EntryFilters, at?: AgesAt): string =>
  [
    ...(newerThanMs === undefined ? [] : [`newer=@$((${at?.newerSeconds ?? 'now'} - ${ageSeconds(newerThanMs)}))`]),
    ...(olderThanMs === undefined ? [] : [`older=@$((${at?.olderSeconds ?? 'now'} - ${ageSeconds(olderThanMs)}))`]),
  ].join('\n');
