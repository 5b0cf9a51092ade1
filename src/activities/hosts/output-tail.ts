/** The last bytes of an output of any length. */
export class OutputTail {
  private tail = Buffer.alloc(0);
  totalBytes = 0;

  constructor(private readonly maxBytes: number) {}

  add(chunk: Buffer): void {
    this.totalBytes += chunk.length;
    // A copy: a slice would keep the whole chunk in memory.
    this.tail = Buffer.concat([this.tail, chunk.subarray(-this.maxBytes)]);
    if (this.tail.length > this.maxBytes) this.tail = Buffer.from(this.tail.subarray(-this.maxBytes));
  }

  /** As text of no more bytes than asked for; a character cut in two at the beginning is left out. */
  text(): string {
    const text = decode(this.tail, this.totalBytes > this.tail.length);
    // Bytes that are not text become three bytes each.
    return Buffer.byteLength(text) <= this.maxBytes ? text : decode(Buffer.from(text).subarray(-this.maxBytes), true);
  }
}

function decode(bytes: Buffer, isCut: boolean): string {
  let start = 0;
  if (isCut) while (start < 4 && isContinuation(bytes[start])) start += 1;
  return bytes.subarray(start).toString('utf8');
}

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
