import { BLOCK_BYTES, TarError } from './tar-header.js';

const ZEROS = Buffer.alloc(1024 * 1024);
const MAX_MAP_BYTES = 64 * 1024 * 1024;

interface Extent {
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Turns what an archive holds of a sparse file into its content. GNU tar's format 1.0: a map (the number of pieces, then each one's
 * offset and size, decimal, a line each), padded to a block, then the pieces (tar manual, "PAX Format, Version 1.0").
 */
export class SparseContent {
  #map: Buffer[] = [];
  #extents: Extent[] | undefined;
  #at = 0;
  #written = 0;
  #left: number;

  /** @param storedBytes the map and the pieces, with what pads the map */
  constructor(
    private readonly sizeBytes: number,
    storedBytes: number,
    private readonly give: (piece: Buffer) => void,
  ) {
    this.#left = storedBytes;
  }

  push(chunk: Buffer): void {
    this.#left -= chunk.length;
    const rest = this.#extents === undefined ? this.#readMap(chunk) : chunk;
    this.#pieces(rest);
    if (this.#left > 0) return;
    if (this.#extents === undefined) throw new TarError('a sparse file’s map is cut off');
    this.#fillTo(this.sizeBytes);
  }

  /** Gives what lies behind the map. */
  #readMap(chunk: Buffer): Buffer {
    this.#map.push(chunk);
    const bytes = Buffer.concat(this.#map);
    if (bytes.length > MAX_MAP_BYTES) throw new TarError('a sparse file’s map is too long');
    const read = readExtents(bytes);
    const end = read === undefined ? 0 : Math.ceil(read.bytes / BLOCK_BYTES) * BLOCK_BYTES;
    this.#map = [bytes];
    if (read === undefined || bytes.length < end) return Buffer.alloc(0);
    this.#extents = read.extents;
    this.#map = [];
    return bytes.subarray(end);
  }

  #pieces(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      const extent = this.#extents?.[this.#at];
      if (extent === undefined) throw new TarError('a sparse file holds more than its map says');
      this.#fillTo(extent.offset);
      const piece = rest.subarray(0, extent.offset + extent.sizeBytes - this.#written);
      this.give(piece);
      this.#written += piece.length;
      rest = rest.subarray(piece.length);
      if (this.#written === extent.offset + extent.sizeBytes) this.#at += 1;
    }
    this.#skipEmpty();
  }

  #skipEmpty(): void {
    while (this.#extents?.[this.#at]?.sizeBytes === 0) this.#at += 1;
  }

  #fillTo(offset: number): void {
    while (this.#written < offset) {
      const piece = ZEROS.subarray(0, Math.min(ZEROS.length, offset - this.#written));
      this.give(piece);
      this.#written += piece.length;
    }
  }
}

/** Undefined when the map goes on. */
function readExtents(bytes: Buffer): { readonly extents: Extent[]; readonly bytes: number } | undefined {
  let at = 0;
  const number = (): number | undefined => {
    const end = bytes.indexOf(0x0a, at);
    if (end === -1) return undefined;
    const text = bytes.toString('latin1', at, end);
    if (!/^\d{1,16}$/.test(text)) throw new TarError('a sparse file’s map is damaged');
    at = end + 1;
    return Number(text);
  };
  const count = number();
  if (count === undefined) return undefined;
  const extents: Extent[] = [];
  for (let i = 0; i < count; i += 1) {
    const [offset, sizeBytes] = [number(), number()];
    if (offset === undefined || sizeBytes === undefined) return undefined;
    extents.push({ offset, sizeBytes });
  }
  return { extents, bytes: at };
}
