import type { Entry, EntryType } from '../entries/entry.js';
import { HoldfastError } from '../failures.js';

/**
 * What find(1) prints for each entry: `path//fields//target`, ended by NUL. A relative path never holds `//`, so the path ends at the
 * first and the fields at the second; sorted bytewise, these records stand in the order of `comparePaths`.
 */
export const SCAN_FORMAT = '%P//%y %s %T@ %C@ %i %D %m %U %G %n %b//%l\\0';

/** The same where find begins at many directories, each named from `.`; the root's name is none. Sorted, these stand in the same order. */
export const LEVEL_FORMAT = SCAN_FORMAT.replace('%P', '%p');
export const ROOT_FORMAT = `./${SCAN_FORMAT}`;

const TYPES = 'fdlpscb';

/** One record without its NUL. Throws RemoteCommandFailed for what find never prints. */
export function parseScanRecord(printed: string): Entry {
  const record = printed.startsWith('./') ? printed.slice(2) : printed;
  const pathEnd = record.indexOf('//');
  const targetStart = record.indexOf('//', pathEnd + 2);
  if (pathEnd < 0 || targetStart < 0) throw notARecord(record);
  const fields = record.slice(pathEnd + 2, targetStart).split(' ');
  if (fields.length !== 11) throw notARecord(record);
  const [type, size, mtime, ctime, inode, device, mode, uid, gid, links, blocks] = fields as FieldWords;
  if (type.length !== 1 || !TYPES.includes(type)) throw notARecord(record);
  return {
    path: record.slice(0, pathEnd),
    type: type as EntryType,
    sizeBytes: wholeNumber(size, record),
    mtime: nanoseconds(mtime, record),
    ctime: nanoseconds(ctime, record),
    inode,
    device,
    mode,
    uid: wholeNumber(uid, record),
    gid: wholeNumber(gid, record),
    links: wholeNumber(links, record),
    blocks: wholeNumber(blocks, record),
    target: record.slice(targetStart + 2),
  };
}

type FieldWords = [string, string, string, string, string, string, string, string, string, string, string];

function wholeNumber(word: string, record: string): number {
  const value = Number(word);
  if (word === '' || !Number.isSafeInteger(value) || value < 0) throw notARecord(record);
  return value;
}

/** find prints ten digits after the point, of which the last is always 0. */
function nanoseconds(word: string, record: string): string {
  const point = word.indexOf('.');
  if (point < 1) throw notARecord(record);
  const end = point + 10;
  return word.length >= end ? word.slice(0, end) : word.padEnd(end, '0');
}

function notARecord(record: string): HoldfastError {
  return new HoldfastError('RemoteCommandFailed', `the scan printed a record that is none: ${JSON.stringify(record)}`);
}
