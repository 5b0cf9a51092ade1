/** Decides whether a path by itself matches a pattern. */
export type PathMatch = (path: string, isDirectory: boolean) => boolean;

/**
 * Which entries a restore takes: with no patterns all of them, else each one that matches, or that lies below a directory that matches.
 * Remembers its last answers for directories: neighbours in a scan share their ancestors.
 */
export class RestoreSelection {
  private readonly remembered = new Map<string, boolean>();

  constructor(private readonly match: PathMatch | undefined) {}

  get everything(): boolean {
    return this.match === undefined;
  }

  takes(path: string, isDirectory: boolean): boolean {
    if (this.match === undefined) return true;
    if (path === '') return false;
    return isDirectory ? this.takesDirectory(path) : this.match(path, false) || this.takesDirectory(parentOf(path));
  }

  private takesDirectory(path: string): boolean {
    if (path === '') return false;
    const known = this.remembered.get(path);
    if (known !== undefined) return known;
    const answer = this.match?.(path, true) === true || this.takesDirectory(parentOf(path));
    if (this.remembered.size > 10_000) this.remembered.clear();
    this.remembered.set(path, answer);
    return answer;
  }
}

/** '' for an entry directly in the root, and for the root itself. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
