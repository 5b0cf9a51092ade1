import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

const MAX_CHATTER = 64 * 1024;

/**
 * The body's standard output: what follows the line with the token. Whatever a login shell printed comes before it.
 *
 * It ends well only when the session did; otherwise it fails with the session's error, so that a cut stream is never
 * taken for a whole one.
 */
export class BodyOutput extends Transform {
  /** What came before the body's output: nothing, on a quiet host. */
  chatter = '';
  /** Whether the body's own output has begun. */
  started = false;
  private head: Buffer = Buffer.alloc(0);
  private readonly marker: Buffer;

  constructor(
    token: string,
    private readonly finished: () => Promise<unknown>,
  ) {
    super({ readableHighWaterMark: 256 * 1024, writableHighWaterMark: 256 * 1024 });
    this.marker = Buffer.from(`${token}\n`, 'latin1');
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.started) return done(null, chunk);
    this.head = this.head.length === 0 ? chunk : Buffer.concat([this.head, chunk]);
    const at = this.head.indexOf(this.marker);
    if (at === -1) {
      this.chatter = this.head.toString('utf8');
      if (this.head.length > MAX_CHATTER) this.head = this.head.subarray(-this.marker.length);
      return done();
    }
    this.started = true;
    this.chatter = this.head.subarray(0, at).toString('utf8');
    const rest = this.head.subarray(at + this.marker.length);
    this.head = Buffer.alloc(0);
    if (rest.length > 0) this.push(rest);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.finished().then(
      () => done(),
      (error: unknown) => done(error as Error),
    );
  }
}
