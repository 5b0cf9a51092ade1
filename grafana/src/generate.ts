/** Writes what `generatedFiles` gives below `grafana/`: `npm run dashboards`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './files.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const files = generatedFiles();
// What is not generated any more is to go as well.
for (const folder of new Set([...files.keys()].map((path) => path.split('/')[0] ?? '')))
  await rm(join(root, folder), { recursive: true, force: true });
for (const [path, text] of files) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
process.stderr.write(`${files.size} files below ${root}\n`);
