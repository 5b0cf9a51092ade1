import { textOf } from '../entries/entry.js';
import { unescapeName } from '../entries/escaped-names.js';
import type { FileSystemIdentity } from './file-system-identity.js';
import { readPathOf, type SourcePlan } from '../plan.js';
import { quote } from '../shell-quoting.js';

/** What a source is asked for before anything of it is compared: on which file system it lies, and whether its markers are there. */
export interface SourceLookPlan {
  /** The source’s directory as people name it. */
  readonly path: string;
  /** Where its files are read: below a frozen copy, or `path`. */
  readonly readPath: string;
  /** Relative to the source. */
  readonly markers: readonly string[];
}

/** The markers are looked for in what is read, which may be a frozen copy; that copy lies on a file system of its own. */
export const lookPlanOf = (source: Pick<SourcePlan, 'path' | 'readPath' | 'markers'>): SourceLookPlan => ({
  path: source.path,
  readPath: readPathOf(source),
  markers: source.markers ?? [],
});

export interface SourceLook {
  /** There is nothing of this name; what the login user may not look at is not missing. */
  readonly missing?: true;
  /** Absent: the host cannot say (no /proc, or the login user may not open the directory). */
  readonly fileSystem?: FileSystemIdentity;
  /** Markers that are not there, or that the login user may not look for. */
  readonly missingMarkers: readonly string[];
}

/**
 * POSIX sh that prints it with `fact WORD VALUE`, which the script defines; changes no directory and never ends the script. The directory is opened:
 * that mounts what is mounted on demand, and /proc/self/fdinfo then names its mount exactly, also where several lie on one another.
 */
export function sourceLookLines({ path, readPath, markers }: SourceLookPlan): string {
  return `(
  cd -- ${quote(path)} 2>/dev/null && [ -r . ] || exit 0
  exec 3<. || exit 0
  mount=
  while read -r word value; do [ "$word" = mnt_id: ] && mount=$value; done </proc/self/fdinfo/3
  [ -n "$mount" ] || exit 0
  while read -r id parent device root point rest; do
    [ "$id" = "$mount" ] || continue
    set -f; set -- \${rest#* - }
    fact source-mount "$point $1 $2"
    case $1 in ext[234]) fact source-fsid "$(stat -f -c %i . 2>/dev/null)" ;; esac
    case $2 in
      /dev/*)
        set +f
        for link in /dev/disk/by-uuid/*; do
          if [ "$link" -ef "$2" ]; then fact source-uuid "\${link##*/}"; exit 0; fi
        done
        if [ -r "$2" ] && command -v blkid >/dev/null; then fact source-uuid "$(blkid -p -s UUID -o value "$2" 2>/dev/null)"; fi ;;
    esac
    exit 0
  done </proc/self/mountinfo
)
[ -e ${quote(path)} ] || case $(ls -d -- ${quote(path)} 2>&1) in *'No such file or directory') fact source-missing yes ;; esac
${markers.map((marker, index) => markerLine(readPath, marker, index)).join('\n')}
`;
}

const markerLine = (readPath: string, marker: string, index: number): string => {
  const file = quote(`${readPath}/${marker}`);
  return `if [ -e ${file} ] || [ -L ${file} ]; then fact source-marker ${index}; fi`;
};

/** Reads the facts, as `word value`. What a host says of itself may be of any length and hold anything. */
export function readSourceLook(facts: readonly (readonly [string, string])[], markers: readonly string[]): SourceLook {
  const first = (word: string): string | undefined => facts.find(([one]) => one === word)?.[1];
  const there = new Set(facts.filter(([word]) => word === 'source-marker').map(([, index]) => index));
  const fileSystem = fileSystemOf(first('source-mount'), first('source-uuid'), first('source-fsid'));
  return {
    ...(first('source-missing') === undefined ? {} : { missing: true }),
    ...(fileSystem === undefined ? {} : { fileSystem }),
    missingMarkers: markers.filter((_, index) => !there.has(String(index))),
  };
}

const CHARACTERS = 300;
const told = (value: string): string => textOf(unescapeName(value)).slice(0, CHARACTERS);

function fileSystemOf(
  mount: string | undefined,
  uuid: string | undefined,
  fsid: string | undefined,
): FileSystemIdentity | undefined {
  const [point = '', type = '', mounted = ''] = mount?.split(' ') ?? [];
  if (!point.startsWith('/') || type === '') return undefined;
  const id = isId(uuid) ? `uuid ${uuid}` : isId(fsid) ? `fsid ${fsid}` : undefined;
  return {
    mountPoint: told(point),
    type: told(type),
    mounted: told(mounted),
    ...(id === undefined ? {} : { id }),
  };
}

const isId = (value: string | undefined): value is string => value !== undefined && /^[0-9A-Za-z-]{4,64}$/.test(value);
