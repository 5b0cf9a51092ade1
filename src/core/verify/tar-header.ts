import { utf8Of } from '../entries/entry.js';

/** A tar header of 512 bytes, and records of an extended header: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Header Block". */
export interface TarHeader {
  /** A byte string. */
  readonly name: string;
  readonly linkName: string;
  readonly type: string;
  readonly sizeBytes: number;
  readonly mtimeSeconds: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What is wrong with the bytes of an archive. */
export class TarError extends Error {
  override readonly name = 'TarError';
}

export const BLOCK_BYTES = 512;

/** Reads one header block; undefined for a block of zeros. Throws TarError. */
export function readHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const checksum = numberAt(block, 148, 8);
  if (checksum !== checksumOf(block)) throw new TarError('a header’s checksum does not fit');
  const prefix = block.toString('latin1', 257, 262) === 'ustar' ? textAt(block, 345, 155) : '';
  const name = textAt(block, 0, 100);
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: textAt(block, 157, 100),
    type: String.fromCharCode(block[156] as number),
    sizeBytes: numberAt(block, 124, 12),
    mtimeSeconds: numberAt(block, 136, 12),
    mode: numberAt(block, 100, 8),
    uid: numberAt(block, 108, 8),
    gid: numberAt(block, 116, 8),
  };
}

/** The records of an extended header as byte strings by keyword. Throws TarError. */
export function readPaxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString('latin1', at, blank));
    const end = at + length;
    const record = bytes.toString('latin1', blank + 1, end);
    const equals = record.indexOf('=');
    if (blank < at || !Number.isSafeInteger(length) || end > bytes.length || !record.endsWith('\n') || equals < 1) {
      throw new TarError('an extended header is damaged');
    }
    records.set(record.slice(0, equals), record.slice(equals + 1, -1));
    at = end;
  }
  return records;
}

/** The checksum counts its own field as blanks. */
function checksumOf(block: Buffer): number {
  let sum = 8 * 0x20;
  for (let at = 0; at < BLOCK_BYTES; at += 1) if (at < 148 || at >= 156) sum += block[at] as number;
  return sum;
}

function textAt(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at);
  return block.toString('latin1', at, end === -1 || end > at + length ? at + length : end);
}

/** Octal digits, or GNU's binary form (first bit set) for what octal cannot hold. */
function numberAt(block: Buffer, at: number, length: number): number {
  const first = block[at] as number;
  if (first >= 0x80) return binaryAt(block, at, length);
  const text = textAt(block, at, length).trim();
  if (!/^[0-7]*$/.test(text)) throw new TarError(`a header has ${JSON.stringify(utf8Of(text) ?? '')} for a number`);
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function binaryAt(block: Buffer, at: number, length: number): number {
  const negative = block[at] === 0xff;
  let value = BigInt(negative ? -1 : (block[at] as number) & 0x7f);
  for (let byte = at + 1; byte < at + length; byte += 1) value = value * 256n + BigInt(block[byte] as number);
  return Number(value);
}
