// Builds dist/: the compiled sources, and the Workflow bundle that workers load.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
// Built aside and put in place when whole: a build that was cut off leaves no half of one.
const fresh = join(root, '.cache', 'dist.new');
const old = join(root, '.cache', 'dist.old');
// What changes while the build runs is newer than it.
const begun = new Date();

remove(fresh);
compile();
await bundle();
writeFileSync(join(fresh, 'built'), '');
utimesSync(join(fresh, 'built'), begun, begun);
remove(old);
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
remove(old);

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}

async function bundle() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(fresh, 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(join(fresh, 'workflow-bundle.js'), code);
}

function remove(directory) {
  rmSync(directory, { recursive: true, force: true });
}
