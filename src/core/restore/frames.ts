/**
 * Walks paths in the order of scans and indexes (`comparePaths`) and keeps a frame for the current path and each of its
 * ancestors. In that order everything below `a` lies together, but not always after `a` itself (`a/-x` comes before `a`), so what
 * is known of a directory is complete only when its frame closes. Frames close children first.
 */
export class PathFrames<T> {
  private readonly open: { readonly path: string; readonly value: T }[] = [];

  constructor(
    private readonly create: (path: string) => T,
    private readonly close: (path: string, value: T) => void,
  ) {}

  /** The path's own frame and its ancestors' (the root first, '' among them). Call in ascending order of paths. */
  enter(path: string): { readonly own: T; readonly ancestors: readonly T[] } {
    while (this.open.length > 0 && !contains((this.open.at(-1) as { path: string }).path, path)) this.closeLast();
    if (this.open.length === 0) this.push('');
    for (let top = this.topPath(); top !== path; top = this.topPath()) {
      const slash = path.indexOf('/', top === '' ? 0 : top.length + 1);
      this.push(slash === -1 ? path : path.slice(0, slash));
    }
    const values = this.open.map((frame) => frame.value);
    return { own: values.pop() as T, ancestors: values };
  }

  end(): void {
    while (this.open.length > 0) this.closeLast();
  }

  private topPath(): string {
    return this.open.at(-1)?.path ?? '';
  }

  private push(path: string): void {
    this.open.push({ path, value: this.create(path) });
  }

  private closeLast(): void {
    const frame = this.open.pop();
    if (frame) this.close(frame.path, frame.value);
  }
}

/** Whether `path` is `ancestor` itself or lies below it. */
export function contains(ancestor: string, path: string): boolean {
  if (ancestor === '') return true;
  return path.startsWith(ancestor) && (path.length === ancestor.length || path[ancestor.length] === '/');
}
