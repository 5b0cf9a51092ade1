import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

const READ_BYTES = 1024 * 1024;
const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 400;

export interface HashedFile {
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/**
 * SHA-256 of a file that another process is still writing: follows its end, so that nothing is left to read when the writer is
 * done, and reads while the pages are still in memory.
 */
export class TailHash {
  private readonly hash = createHash('sha256');
  private readonly result: Promise<HashedFile>;
  private sizeBytes = 0;
  private writerEnded = false;
  private stopped = false;
  private wake: () => void = () => {};

  constructor(
    path: string,
    private readonly onProgress: (bytes: number) => void = () => {},
  ) {
    this.result = this.follow(path);
    // Whoever calls `finish` gets the error; until then it must not count as unhandled.
    this.result.catch(() => {});
  }

  /** Call when nobody writes any more: reads the rest. */
  finish(): Promise<HashedFile> {
    this.writerEnded = true;
    this.wake();
    return this.result;
  }

  /** Gives up and closes the file. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.result.catch(() => {});
  }

  private async follow(path: string): Promise<HashedFile> {
    const file = await open(path, 'r');
    try {
      await this.readToEnd(file);
    } finally {
      await file.close();
    }
    return { sizeBytes: this.sizeBytes, sha256: this.hash.digest('hex') };
  }

  private async readToEnd(file: FileHandle): Promise<void> {
    const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
    let waitMs = FIRST_WAIT_MS;
    while (!this.stopped) {
      // Looked up before reading: only an end of file found after the writer's end is the end.
      const isWhole = this.writerEnded;
      const { bytesRead } = await file.read(buffer, 0, READ_BYTES, null);
      if (bytesRead > 0) this.take(buffer.subarray(0, bytesRead));
      if (bytesRead === READ_BYTES) continue;
      if (isWhole && bytesRead === 0) return;
      waitMs = bytesRead > 0 ? FIRST_WAIT_MS : Math.min(waitMs * 2, LONGEST_WAIT_MS);
      await this.moment(waitMs);
    }
  }

  private take(bytes: Buffer): void {
    this.hash.update(bytes);
    this.sizeBytes += bytes.length;
    this.onProgress(this.sizeBytes);
  }

  private async moment(ms: number): Promise<void> {
    if (this.writerEnded || this.stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
