import { type Entry, type StoredLine, textOf } from '../entries/entry.js';
import { differencesBetween } from '../restore/compare.js';
import { FindingList } from './findings.js';
import type { TarMember } from './tar-reader.js';

/** A write in the same tick of the file system's clock as the scan may bear an older time. */
const TICK_SECONDS = 2;

/**
 * Compares the members of a shard with the index's lines for it. What differs because a file was written to between the scan and the reading is a remark:
 * it is stored as it was read.
 */
export class MemberCheck {
  readonly problems = new FindingList();
  readonly remarks = new FindingList();
  /** Members that no line of this shard has; the index may have them as flawed or gone. Byte strings. */
  readonly extras = new Set<string>();
  #seen = 0;
  readonly #expected: ReadonlyMap<string, StoredLine>;
  readonly #found = new Set<string>();
  readonly #scannedAtSeconds: number;
  readonly #mayHoldDead: boolean;

  /** @param mayHoldDead the shard was made for an older backup: members that are not of this one may lie in it, and hold the content of its hard links */
  constructor(lines: readonly StoredLine[], scannedAtSeconds: number, mayHoldDead: boolean) {
    this.#expected = new Map(lines.map((line) => [line.entry.path, line]));
    this.#scannedAtSeconds = scannedAtSeconds;
    this.#mayHoldDead = mayHoldDead;
  }

  get compared(): number {
    return this.#seen;
  }

  see(member: TarMember): void {
    const line = this.#expected.get(member.path);
    if (line === undefined) return void this.extras.add(member.path);
    if (this.#found.has(member.path)) return this.#problem(member.path, 'is there twice');
    this.#found.add(member.path);
    this.#seen += 1;
    if (member.type === 'hard link') this.#hardLink(line.entry, member.target);
    else this.#attributes(line, { ...member, type: member.type });
  }

  end(): void {
    for (const path of this.#expected.keys()) if (!this.#found.has(path)) this.#problem(path, 'is missing');
  }

  #hardLink(entry: Entry, first: string): void {
    const other = this.#expected.get(first)?.entry;
    if (other === undefined && this.#mayHoldDead && this.extras.has(first)) return;
    if (other === undefined || !this.#found.has(first)) {
      this.#problem(entry.path, `is a link to ${textOf(first)}, which does not come before it`);
    } else if (other.inode !== entry.inode || other.device !== entry.device) {
      this.#problem(entry.path, `is a link to ${textOf(first)}, another file`);
    }
  }

  #attributes(line: StoredLine, member: TarMember & { readonly type: Entry['type'] }): void {
    const { entry } = line;
    const found = {
      ...entry,
      ...member,
      mtime: sameTime(entry.mtime, member.mtime) ? entry.mtime : member.mtime,
      // The content of a large file lies in extents; its member is empty.
      sizeBytes: line.large === undefined ? member.sizeBytes : entry.sizeBytes,
    };
    const options = { owners: true, mayHaveChanged: line.flaw === 'changed' };
    const differences = differencesBetween(entry, found, options);
    if (differences.length === 0) return;
    const text = differences.map((difference) => difference.text).join(', ');
    if (Number(member.mtime) >= this.#scannedAtSeconds - TICK_SECONDS) {
      this.remarks.add(`${nameOf(entry.path)}: was written to while it was backed up: ${text}`);
    } else if (differences.some(({ what }) => what === 'type' || what === 'size' || what === 'link target')) {
      this.#problem(entry.path, text);
    } else {
      this.remarks.add(`${nameOf(entry.path)}: ${text}`);
    }
  }

  #problem(path: string, what: string): void {
    this.problems.add(`${nameOf(path)} ${what}`);
  }
}

const nameOf = (path: string): string => (path === '' ? '.' : textOf(path));

/** Of times before 1970, find prints the whole seconds below and what is beyond them; tar prints a signed number. */
function sameTime(scanned: string, archived: string): boolean {
  if (scanned === archived) return true;
  if (!archived.startsWith('-') || !scanned.startsWith('-')) return false;
  return nanosecondsBelow(scanned) === signedNanoseconds(archived);
}

const parts = (time: string): [bigint, bigint] => time.split('.').map(BigInt) as [bigint, bigint];

function nanosecondsBelow(time: string): bigint {
  const [seconds, nanoseconds] = parts(time);
  return seconds * 1_000_000_000n + nanoseconds;
}

function signedNanoseconds(time: string): bigint {
  const [seconds, nanoseconds] = parts(time);
  return seconds * 1_000_000_000n - nanoseconds;
}
