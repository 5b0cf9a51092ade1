import { unescapeName } from '../entries/escaped-names.js';

/** What tar said while it unpacked, sorted by what it means for the restore. */
export interface UnpackingComplaint {
  readonly kind: /** The entry is there, but an extended attribute or access list could not be set. */
    | 'attribute'
    /** This entry could not be restored; the others could. */
    | 'entry'
    /** The target has no room left. */
    | 'full'
    /** The target cannot be written to at all. */
    | 'read-only';
  /** Byte string; undefined when tar named none. */
  readonly path?: string;
  readonly message: string;
}

const FAREWELL =
  /^tar: (?:Exiting with failure status due to (?:previous|delayed) errors|Error is not recoverable: exiting now)$/;
const ATTRIBUTE =
  /^tar: \w+: (Cannot set (?:'[^']*' extended attribute|POSIX ACLs|default ACLs?|.* ACLs?) for file '(.*)': [^:]+)$/s;
const NOT_FOUND = /^tar: (.*): (Not found in archive)$/s;
const LINKING = /^tar: (.*): (Cannot (?:hard link|create symlink) to .*: [^:]+)$/s;
const CANNOT = /^tar: (.*): ((?:Warning: )?Cannot [^:]+: [^:]+)$/s;
const REFUSED = /^tar: (.*): (Member name contains '\.\.'.*|Skipping to next header|skipping.*)$/s;

/** A line of tar's standard error under LC_ALL=C with --quoting-style=escape: undefined when it says nothing, `unknown` when it is of no known kind. */
export function parseUnpackingComplaint(line: string): UnpackingComplaint | 'unknown' | undefined {
  if (line === '' || FAREWELL.test(line)) return undefined;
  if (/: (?:No space left on device|Disk quota exceeded)$/.test(line)) return { kind: 'full', message: line };
  if (/: Read-only file system$/.test(line)) return { kind: 'read-only', message: line };
  const attribute = ATTRIBUTE.exec(line);
  if (attribute) return { kind: 'attribute', path: unescapeName(attribute[2] ?? ''), message: attribute[1] ?? line };
  for (const pattern of [NOT_FOUND, LINKING, CANNOT, REFUSED]) {
    const match = pattern.exec(line);
    if (match) return { kind: 'entry', path: unescapeName(match[1] ?? ''), message: match[2] ?? line };
  }
  return 'unknown';
}
