// Builds dist/: the compiled sources, the Workflow bundle that workers load, and the command line in one file.
import { spawnSync } from 'node:child_process';
import { existsSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
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
await bundleWorkflows();
await bundleCommandLine();
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

async function bundleWorkflows() {
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(fresh, 'workflows', 'index.js'),
    logger: new DefaultLogger('WARN'),
  });
  writeFileSync(join(fresh, 'workflow-bundle.js'), code);
}

// What `dist/client/start.cjs` runs. Long-running commands load their part from the compiled sources as they are: the worker's native
// module cannot be bundled, and who waits for a worker does not notice.
async function bundleCommandLine() {
  const client = join(fresh, 'client');
  const apart = /[/](workers[/].*|demo[/].*|client[/]serve)[.]js$/;
  const { outputFiles } = await build({
    write: false,
    entryPoints: [join(client, 'main.js')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Names stay: errors are told by them.
    minifySyntax: true,
    minifyWhitespace: true,
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [
      {
        name: 'apart',
        setup: ({ onResolve }) =>
          onResolve({ filter: /^[.]/ }, ({ path, resolveDir, kind }) => {
            const file = join(resolveDir, path);
            if (!file.startsWith(fresh) || !apart.test(file)) return undefined;
            if (kind !== 'dynamic-import') return { errors: [{ text: `${path} must be loaded with import()` }] };
            return { path: `./${relative(client, file)}`, external: true };
          }),
      },
    ],
  });
  const code = outputFiles[0].text
    .replace(/(?<![\w$.])import\(/g, 'importFrom(')
    // It is read as ASCII; esbuild leaves templates with a tag and regular expressions as they are, where this means the same.
    .replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  writeFileSync(join(client, 'bundle.cjs'), code);
  const { loadBundle } = createRequire(import.meta.url)(join(client, 'start.cjs'));
  const { script, exports } = loadBundle(client, join(dist, 'client', 'bundle.cjs'));
  await exports.preload();
  writeFileSync(join(client, 'bundle.cache'), script.createCachedData());
}

function remove(directory) {
  rmSync(directory, { recursive: true, force: true });
}
