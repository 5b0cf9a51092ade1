import type { Entry, EntryType, Flaw, IndexLine, StoredLine } from '../entries/entry.js';
import { utf8Of } from '../entries/entry.js';

/**
 * Lines of an index. A line is kept as a byte string while it is worked on (its UTF-8 bytes as latin1 characters), and so are the
 * names in it: nothing has to be converted, JSON's own characters being ASCII. Names that are not UTF-8 stand in base64.
 */

const NEEDS_CARE = /[^\x20-\x21\x23-\x5b\x5d-\x7e]/;

function nameField(field: 'path' | 'target', name: string): string {
  if (!NEEDS_CARE.test(name)) return `"${field}":"${name}"`;
  if (utf8Of(name) !== undefined) return `"${field}":${JSON.stringify(name)}`;
  return `"${field}Base64":"${Buffer.from(name, 'latin1').toString('base64')}"`;
}

/** The line without its newline, as a byte string: write it as latin1. */
export function encodeIndexLine(line: IndexLine): string {
  if (line.deleted) return `{${nameField('path', line.path)},"deleted":true}`;
  const { entry, shard, large, flaw } = line;
  return (
    `{${nameField('path', entry.path)},"type":"${entry.type}","size":${entry.sizeBytes},"mtime":"${entry.mtime}","ctime":"${entry.ctime}"` +
    `,"inode":"${entry.inode}","device":"${entry.device}","mode":"${entry.mode}","uid":${entry.uid},"gid":${entry.gid}` +
    `,"links":${entry.links},"blocks":${entry.blocks}${entry.type === 'l' ? `,${nameField('target', entry.target)}` : ''}` +
    `${shard === undefined ? '' : `,"shard":${shard}`}${large === undefined ? '' : `,"large":${large}`}${flaw === undefined ? '' : `,"flaw":"${flaw}"`}}`
  );
}

/**
 * Reads a line strictly. Throws `IndexLineError` with the reason for a line that this codec does not write.
 *
 * @param kind in a `draft` entries may have neither shard nor flaw yet
 */
export function decodeIndexLine(line: string, kind: 'index' | 'draft' = 'index'): IndexLine {
  const read = decodeUsualLine(line) ?? decodeAnyLine(line);
  if (kind === 'index' && !read.deleted && read.shard === undefined && read.flaw === undefined) {
    throw new IndexLineError('neither shard nor flaw', line);
  }
  return read;
}

/** The usual line in the usual form: four times as fast as parsing JSON and looking at each field, and a million of them are common. */
const USUAL =
  /^\{"path":"([^"\\\x00-\x1f]*)","type":"([fdpcb])","size":(\d{1,15}),"mtime":"(-?\d+\.\d{9})","ctime":"(-?\d+\.\d{9})","inode":"(\d+)","device":"(\d+)","mode":"([0-7]{1,4})","uid":(\d{1,10}),"gid":(\d{1,10}),"links":(\d{1,10}),"blocks":(\d{1,15})(?:,"shard":(\d{1,9}))?\}$/;

function decodeUsualLine(line: string): IndexLine | undefined {
  const match = USUAL.exec(line) as unknown as UsualMatch | null;
  if (match === null) return undefined;
  const [, path, type, size, mtime, ctime, inode, device, mode, uid, gid, links, blocks, shard] = match;
  assertScanned(path, line);
  const entry: Entry = {
    path,
    type: type as EntryType,
    sizeBytes: Number(size),
    mtime,
    ctime,
    inode,
    device,
    mode,
    uid: Number(uid),
    gid: Number(gid),
    links: Number(links),
    blocks: Number(blocks),
    target: '',
  };
  return shard === undefined ? { deleted: false, entry } : { deleted: false, entry, shard: Number(shard) };
}

type UsualMatch = [
  ...[whole: string, path: string, type: string, size: string, mtime: string, ctime: string, inode: string],
  ...[device: string, mode: string, uid: string, gid: string, links: string, blocks: string, shard: string | undefined],
];

function assertScanned(path: string, line: string): void {
  if (path.startsWith('/') || path.endsWith('/') || path.includes('//') || path.includes('\0')) {
    throw new IndexLineError('a path that no scan gives', line);
  }
}

function decodeAnyLine(line: string): IndexLine {
  const record = parseObject(line);
  const path = nameOf(record, 'path', line);
  if (path === undefined) throw new IndexLineError('no path', line);
  assertScanned(path, line);
  if (record['deleted'] !== undefined) {
    if (record['deleted'] !== true || Object.keys(record).length !== 2)
      throw new IndexLineError('not a deletion', line);
    return { deleted: true, path };
  }
  return storedLine(record, path, line);
}

export class IndexLineError extends Error {
  constructor(reason: string, line: string) {
    super(`${reason}: ${line.length > 300 ? `${line.slice(0, 300)}…` : line}`);
  }
}

type JsonObject = Readonly<Record<string, unknown>>;

function parseObject(line: string): JsonObject {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw new IndexLineError('not a JSON object', line);
}

const TYPES = 'fdlpscb';
const TIME = /^-?\d+\.\d{9}$/;
const DIGITS = /^\d+$/;
const MODE = /^[0-7]{1,4}$/;

function storedLine(record: JsonObject, path: string, line: string): StoredLine {
  const type = text(record, 'type', line);
  if (type.length !== 1 || !TYPES.includes(type)) throw new IndexLineError('unknown type', line);
  const entry: Entry = {
    path,
    type: type as EntryType,
    sizeBytes: count(record, 'size', line),
    mtime: matching(record, 'mtime', TIME, line),
    ctime: matching(record, 'ctime', TIME, line),
    inode: matching(record, 'inode', DIGITS, line),
    device: matching(record, 'device', DIGITS, line),
    mode: matching(record, 'mode', MODE, line),
    uid: count(record, 'uid', line),
    gid: count(record, 'gid', line),
    links: count(record, 'links', line),
    blocks: count(record, 'blocks', line),
    target: nameOf(record, 'target', line) ?? '',
  };
  const shard = record['shard'] === undefined ? undefined : count(record, 'shard', line);
  const large = record['large'] === undefined ? undefined : count(record, 'large', line);
  const flaw = flawOf(record, line);
  return {
    deleted: false,
    entry,
    ...(shard === undefined ? {} : { shard }),
    ...(large === undefined ? {} : { large }),
    ...(flaw === undefined ? {} : { flaw }),
  };
}

function flawOf(record: JsonObject, line: string): Flaw | undefined {
  const flaw = record['flaw'];
  switch (flaw) {
    case undefined:
    case 'changed':
    case 'unreadable':
    case 'unsupported':
      return flaw;
    default:
      throw new IndexLineError('unknown flaw', line);
  }
}

function nameOf(record: JsonObject, field: 'path' | 'target', line: string): string | undefined {
  const plain = record[field];
  if (plain !== undefined) {
    // An escape beyond a byte is not ours: names are byte strings.
    if (typeof plain !== 'string' || (line.includes('\\u') && /[^\x00-\xff]/.test(plain))) {
      throw new IndexLineError(`${field} is no name`, line);
    }
    return plain;
  }
  const encoded = record[`${field}Base64`];
  if (encoded === undefined) return undefined;
  if (typeof encoded !== 'string') throw new IndexLineError(`${field} is no name`, line);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) throw new IndexLineError(`${field} is not base64`, line);
  return bytes.toString('latin1');
}

function text(record: JsonObject, field: string, line: string): string {
  const value = record[field];
  if (typeof value !== 'string') throw new IndexLineError(`${field} is no text`, line);
  return value;
}

function matching(record: JsonObject, field: string, pattern: RegExp, line: string): string {
  const value = text(record, field, line);
  if (!pattern.test(value)) throw new IndexLineError(`${field} is not of its form`, line);
  return value;
}

function count(record: JsonObject, field: string, line: string): number {
  const value = record[field];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new IndexLineError(`${field} is no count`, line);
  }
  return value;
}
