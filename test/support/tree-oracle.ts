import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a tree is, as the system's own tools see it; nothing of Holdfast's is used. Byte strings. */
export interface TreeDescription {
  /** `path type size mtime mode uid gid target` of each entry, and for hard links the first name of the same file. */
  readonly entries: readonly string[];
  readonly contents: readonly string[];
  readonly extendedAttributes: readonly string[];
  readonly accessLists: readonly string[];
}

const FIND = "find . -printf '%P\\0%y %s %T@ %m %U %G %l\\0%y %i %n\\0'";

/** Describes every entry at and below a directory. */
export async function describeTree(root: string): Promise<TreeDescription> {
  const all = 'find . -print0 | sort -z | xargs -0 -r';
  const [entries, contents, extendedAttributes, accessLists] = await Promise.all([
    entriesOf(root),
    shell(root, 'find . -type f -print0 | sort -z | xargs -0 -r sha256sum --'),
    shell(root, `${all} getfattr -h -d -m - -e hex --`),
    shell(root, 'find . ! -type l -print0 | sort -z | xargs -0 -r getfacl -P -n --'),
  ]);
  return {
    entries,
    contents: lines(contents),
    extendedAttributes: lines(extendedAttributes),
    accessLists: lines(accessLists),
  };
}

async function entriesOf(root: string): Promise<string[]> {
  const fields = (await shell(root, FIND)).split('\0');
  const found: { path: string; facts: string; identity: string }[] = [];
  for (let i = 0; i + 2 < fields.length; i += 3) {
    found.push({ path: fields[i] ?? '', facts: fields[i + 1] ?? '', identity: fields[i + 2] ?? '' });
  }
  found.sort((a, b) => (a.path < b.path ? -1 : 1));
  const firstNames = new Map<string, string>();
  return found.map(({ path, facts, identity }) => {
    // A directory's size is its file system's affair.
    const [type, , ...rest] = facts.split(' ');
    const described = type === 'd' ? ['d', ...rest].join(' ') : facts;
    const linked = type !== 'd' && !identity.endsWith(' 1');
    const first = firstNames.get(identity) ?? path;
    firstNames.set(identity, first);
    return JSON.stringify(`${path} ${described}${linked ? ` = ${first}` : ''}`);
  });
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

async function shell(cwd: string, command: string): Promise<string> {
  const options = {
    cwd,
    encoding: 'latin1' as const,
    maxBuffer: 1 << 28,
    env: { PATH: process.env.PATH, LC_ALL: 'C' },
  };
  const { stdout } = await run('bash', ['-o', 'pipefail', '-c', command], options);
  return stdout;
}
