// Sees to what the demo and the tests need beside the packages: programs of the system, the Temporal server, for tests an S3 server.
//   node scripts/setup.mjs --for demo|tests [--install]
// --install (or CI set): installs missing programs with apt when run as root.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../dist/client/directories.js';
import { missingTools, missingToolsMessage } from '../dist/client/system-tools.js';
import { findTemporal } from '../dist/client/embedded/temporal-binary.js';

const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';

const { values } = parseArgs({
  options: { for: { type: 'string', default: 'demo' }, install: { type: 'boolean', default: false } },
});
const purpose = values.for === 'tests' ? 'tests' : 'demo';
const say = (line) => process.stderr.write(`holdfast: ${line}\n`);

try {
  await provideTools();
  await findTemporal({ note: say });
  if (purpose === 'tests') provideVersitygw();
} catch (error) {
  say(error.message);
  process.exit(1);
}

async function provideTools() {
  const missing = await missingTools(purpose);
  if (!missing) return;
  const mayInstall =
    (values.install || process.env.CI) && process.getuid() === 0 && missing.install?.startsWith('apt-get');
  if (!mayInstall) throw new Error(missingToolsMessage(missing));
  say(`installing ${missing.packages.join(', ')} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('apt-get', ['update', '-qq'], quiet);
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing.packages], quiet);
  const still = await missingTools(purpose);
  if (still) throw new Error(missingToolsMessage(still));
}

/** The S3 server that the storage tests talk to. */
function provideVersitygw() {
  const directory = join(cacheDirectory(), 'bin');
  const program = join(directory, 'versitygw');
  if (isExecutable(program)) return;
  say('building the S3 server for tests with Go (once, about a minute) …');
  mkdirSync(directory, { recursive: true });
  const scratch = mkdtempSync(join(directory, '.build-'));
  try {
    execFileSync('go', ['install', VERSITYGW], {
      env: { ...process.env, GOBIN: scratch },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    renameSync(join(scratch, 'versitygw'), program);
  } catch (error) {
    const reason =
      error.code === 'ENOENT' ? 'go is not on PATH; see https://go.dev/dl' : (error.stderr ?? error.message);
    throw new Error(`The tests need the S3 server versitygw, built by \`go install ${VERSITYGW}\`: ${reason}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
