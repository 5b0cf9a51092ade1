import { isMultiplexingRemark } from '../../core/ssh/failures.js';

const MAX_LINES = 10_000;
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_LINE = 64 * 1024;
/** Longer than any line of the protocol, so that cutting an endless line never cuts one of those. */
const KEPT_OF_LONG_LINE = 256;

/** What a session said on standard error: the protocol's lines, told by their token, and everyone else's. */
export class Transcript {
  readonly lines: string[] = [];
  readonly stages: Record<string, number> = {};
  truncated = false;
  begun = false;
  /** ssh could not use the shared connection that it was given. */
  hasOwnLogin = false;
  /** The body's status, once its end was reported. */
  status: number | undefined;
  /** Why the wrapper could not run the body. */
  trouble: { readonly kind: 'missing' | 'fail'; readonly what: string } | undefined;
  private partial = '';
  private characters = 0;

  constructor(
    private readonly token: string,
    private readonly onBegin: () => void,
    private readonly onLine: (line: string) => void = () => undefined,
  ) {}

  /** Bytes as they come; text is taken as bytes (latin1). */
  feed(chunk: Buffer): void {
    const pieces = (this.partial + chunk.toString('latin1')).split('\n');
    this.partial = pieces.pop() ?? '';
    for (const piece of pieces) this.take(piece);
    if (this.partial.length <= MAX_LINE) return;
    this.keep(this.partial.slice(0, -KEPT_OF_LONG_LINE));
    this.partial = this.partial.slice(-KEPT_OF_LONG_LINE);
  }

  /** No more will come. */
  end(): void {
    if (this.partial !== '') this.take(this.partial);
    this.partial = '';
  }

  /** A tool's unfinished line may stand before the protocol's. */
  private take(line: string): void {
    const at = line.indexOf(this.token);
    if (at === -1) return this.keep(line);
    if (at > 0) this.keep(line.slice(0, at));
    this.obey(line.slice(at + this.token.length + 1));
  }

  private obey(line: string): void {
    const [word = '', first = '', second = ''] = line.split(' ');
    if (word === 'begin') {
      this.begun = true;
      this.onBegin();
    }
    if (word === 'stage') this.stages[first] = Number(second);
    if (word === 'end') this.status = Number(first);
    if (word === 'missing' || word === 'fail') this.trouble = { kind: word, what: line.slice(word.length + 1) };
  }

  private keep(line: string): void {
    if (!this.begun && isMultiplexingRemark(line)) {
      this.hasOwnLogin = true;
      return;
    }
    this.onLine(line);
    this.lines.push(line);
    this.characters += line.length;
    while (this.lines.length > MAX_LINES || this.characters > MAX_CHARACTERS) {
      this.characters -= this.lines.shift()?.length ?? 0;
      this.truncated = true;
    }
  }
}
