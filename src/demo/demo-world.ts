import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { demoConfig, type DemoSource } from './demo-config.js';
import { growAttributes, growTree } from './demo-trees.js';
import { startLoopbackHost, type LoopbackHost } from './loopback-host.js';

const run = promisify(execFile);

/** All that the demo stands on, below one private directory. */
export interface DemoWorld {
  readonly root: string;
  readonly stateDir: string;
  readonly configPath: string;
  readonly hosts: readonly LoopbackHost[];
  readonly sources: readonly DemoSource[];
  /** What this machine cannot have in its trees, and why. */
  readonly leftOut: readonly string[];
  /** Keeps a copy of all sources as they are now, made without Holdfast: what a restore of this point must equal. */
  remember(point: string): Promise<void>;
  /** Where `remember` put a source's copy. */
  copyOf(point: string, source: DemoSource): string;
  remove(): Promise<void>;
}

export const HOST_NAMES = ['web1', 'db1'] as const;

export async function createDemoWorld(): Promise<DemoWorld> {
  const root = await mkdtemp(join(tmpdir(), 'holdfast-demo-'));
  const hosts: LoopbackHost[] = [];
  const remove = async (): Promise<void> => {
    await Promise.all(hosts.map((host) => host.stop()));
    await rm(root, { recursive: true, force: true });
  };
  try {
    for (const name of HOST_NAMES) {
      const directory = join(root, 'ssh', name);
      await mkdir(directory, { recursive: true, mode: 0o700 });
      hosts.push(await startLoopbackHost({ name, directory }));
    }
    const sources = sourcesOf(root);
    const leftOut = new Set<string>();
    for (const source of sources) {
      await growTree(source.path, `${source.host}/${source.source}`);
      for (const what of await growAttributes(source.path)) leftOut.add(what);
    }
    const configPath = join(root, 'holdfast.yaml');
    // Destinations must be there: a missing one may be a file system that is not mounted.
    for (const destination of ['mirrors', 'vault'])
      await mkdir(join(root, 'backups', destination), { recursive: true });
    await writeFile(configPath, demoConfig(join(root, 'backups'), hosts, sources), { mode: 0o600 });
    const copyOf = (point: string, { host, source }: DemoSource): string => join(root, 'copies', point, host, source);
    return {
      root,
      stateDir: join(root, 'state'),
      configPath,
      hosts,
      sources,
      leftOut: [...leftOut],
      copyOf,
      remember: (point) => copyAll(sources, (source) => copyOf(point, source)),
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

const sourcesOf = (root: string): DemoSource[] =>
  HOST_NAMES.flatMap((host) => [
    { host, source: 'www', engine: 'archive' as const, path: join(root, 'hosts', host, 'www') },
    { host, source: 'home', engine: 'mirror' as const, path: join(root, 'hosts', host, 'home') },
  ]);

async function copyAll(sources: readonly DemoSource[], placeOf: (source: DemoSource) => string): Promise<void> {
  for (const source of sources) {
    await mkdir(join(placeOf(source), '..'), { recursive: true });
    await run('cp', ['-a', '--', source.path, placeOf(source)]);
  }
}
