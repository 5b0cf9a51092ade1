import { BLOCK_BYTES, readHeader, readPaxRecords, TarError, type TarHeader } from './tar-header.js';
import { SparseContent } from './tar-sparse.js';
import type { EntryType } from '../entries/entry.js';

/** A member of an archive, in the terms of an index. */
export interface TarMember {
  /** Relative, '' for the source's own directory. A byte string. */
  readonly path: string;
  readonly type: EntryType | 'hard link';
  /** Of the file with its holes. */
  readonly sizeBytes: number;
  /** `seconds.nanoseconds` */
  readonly mtime: string;
  /** Octal, as find prints it. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  /** Target of a symbolic link; the other name, as a path, of a hard link; else ''. */
  readonly target: string;
}

export interface TarListener {
  member(member: TarMember): void;
  /** The content of the member told last, holes as zeros, in pieces; only where `wantsContent` says so. */
  content?(piece: Buffer): void;
  wantsContent?(member: TarMember): boolean;
}

const TYPES: Readonly<Record<string, TarMember['type']>> = {
  '0': 'f',
  '\0': 'f',
  '1': 'hard link',
  '2': 'l',
  '3': 'c',
  '4': 'b',
  '5': 'd',
  '6': 'p',
  '7': 'f',
};
const MAX_PAX_BYTES = 32 * 1024 * 1024;

/** Reads a tar of the posix format as GNU tar writes it (sparse files in GNU's format 1.0), chunk by chunk, in constant memory. */
export class TarReader {
  #bytes = 0;
  #ended = 0;
  /** Bytes of the header or extended header at hand. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #wantedBytes = BLOCK_BYTES;
  #inside: 'header' | 'pax' | 'content' = 'header';
  #contentBytes = 0;
  #paddingBytes = 0;
  #pax = new Map<string, string>();
  #paxIsGlobal = false;
  #take: ((piece: Buffer) => void) | undefined;
  readonly #listener: TarListener;

  constructor(listener: TarListener) {
    this.#listener = listener;
  }

  /** Bytes so far, the end marker and record padding included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Throws TarError. */
  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    let rest = chunk;
    while (rest.length > 0) rest = this.#inside === 'content' ? this.#passContent(rest) : this.#collect(rest);
  }

  /** After the last chunk. Throws TarError unless the archive has its end marker. */
  end(): void {
    if (this.#inside !== 'header' || this.#waitingBytes > 0) throw new TarError('it ends in the middle of a member');
    if (this.#ended < 2) throw new TarError('it has no end marker');
  }

  #collect(chunk: Buffer): Buffer {
    const missing = this.#wantedBytes - this.#waitingBytes;
    const piece = chunk.subarray(0, missing);
    this.#waiting.push(piece);
    this.#waitingBytes += piece.length;
    if (piece.length === missing) {
      const block = this.#waiting.length === 1 ? piece : Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#waitingBytes = 0;
      if (this.#inside === 'header') this.#header(block);
      else this.#extended(block);
    }
    return chunk.subarray(piece.length);
  }

  #passContent(chunk: Buffer): Buffer {
    const piece = chunk.subarray(0, this.#contentBytes);
    if (piece.length > 0) this.#take?.(piece);
    this.#contentBytes -= piece.length;
    const padding = chunk.subarray(piece.length, piece.length + this.#paddingBytes);
    if (this.#contentBytes === 0) this.#paddingBytes -= padding.length;
    if (this.#contentBytes === 0 && this.#paddingBytes === 0) this.#inside = 'header';
    return chunk.subarray(piece.length + (this.#contentBytes === 0 ? padding.length : 0));
  }

  #header(block: Buffer): void {
    const header = readHeader(block);
    if (header === undefined) {
      this.#ended += 1;
      return;
    }
    if (this.#ended > 0) throw new TarError('members follow its end marker');
    if (header.type === 'x' || header.type === 'g') return this.#expectExtended(header);
    this.#member(header);
  }

  #expectExtended({ sizeBytes, type }: TarHeader): void {
    if (sizeBytes > MAX_PAX_BYTES) throw new TarError(`an extended header has ${sizeBytes} bytes`);
    this.#inside = 'pax';
    this.#paxIsGlobal = type === 'g';
    this.#wantedBytes = roundedUp(sizeBytes);
    this.#contentBytes = sizeBytes;
    if (this.#wantedBytes === 0) this.#extended(Buffer.alloc(0));
  }

  #extended(bytes: Buffer): void {
    const records = readPaxRecords(bytes.subarray(0, this.#contentBytes));
    if (!this.#paxIsGlobal) this.#pax = records;
    this.#inside = 'header';
    this.#wantedBytes = BLOCK_BYTES;
    this.#contentBytes = 0;
  }

  #member(header: TarHeader): void {
    const pax = this.#pax;
    this.#pax = new Map();
    const type = TYPES[header.type];
    if (type === undefined) throw new TarError(`it has a member of unknown type ${JSON.stringify(header.type)}`);
    const isSparse = pax.has('GNU.sparse.realsize');
    if (isSparse && pax.get('GNU.sparse.major') !== '1')
      throw new TarError('it has a sparse file of an unknown format');
    const stored = numeric(pax, 'size') ?? header.sizeBytes;
    const member = memberOf(header, pax, type, numeric(pax, 'GNU.sparse.realsize') ?? stored);
    this.#contentBytes = type === 'f' ? stored : 0;
    this.#paddingBytes = roundedUp(this.#contentBytes) - this.#contentBytes;
    this.#inside = this.#contentBytes === 0 ? 'header' : 'content';
    this.#listener.member(member);
    this.#take = this.#taker(member, isSparse);
  }

  #taker(member: TarMember, isSparse: boolean): ((piece: Buffer) => void) | undefined {
    const listener = this.#listener;
    if (listener.wantsContent?.(member) !== true) return undefined;
    const give = (piece: Buffer): void => listener.content?.(piece);
    if (!isSparse) return give;
    const sparse = new SparseContent(member.sizeBytes, this.#contentBytes, give);
    return (piece) => sparse.push(piece);
  }
}

function memberOf(
  header: TarHeader,
  pax: ReadonlyMap<string, string>,
  type: TarMember['type'],
  sizeBytes: number,
): TarMember {
  const name = pax.get('GNU.sparse.name') ?? pax.get('path') ?? header.name;
  const link = pax.get('linkpath') ?? header.linkName;
  return {
    path: pathOf(name),
    type,
    sizeBytes,
    mtime: timeOf(pax.get('mtime') ?? String(header.mtimeSeconds)),
    mode: (header.mode & 0o7777).toString(8),
    uid: numeric(pax, 'uid') ?? header.uid,
    gid: numeric(pax, 'gid') ?? header.gid,
    target: type === 'hard link' ? pathOf(link) : type === 'l' ? link : '',
  };
}

/** A directory's name ends in `/`; the source's own directory is `./`. */
function pathOf(name: string): string {
  const path = name.endsWith('/') ? name.slice(0, -1) : name;
  return path === '.' ? '' : path;
}

function timeOf(text: string): string {
  const [seconds = '0', fraction = ''] = text.split('.');
  return `${seconds}.${fraction.padEnd(9, '0').slice(0, 9)}`;
}

function numeric(pax: ReadonlyMap<string, string>, key: string): number | undefined {
  const text = pax.get(key);
  if (text === undefined) return undefined;
  if (!/^\d{1,16}$/.test(text)) throw new TarError(`an extended header has ${JSON.stringify(text)} for ${key}`);
  return Number(text);
}

const roundedUp = (bytes: number): number => Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
