// Sees to what the demo and the tests need beside the packages: programs of the system, the Temporal server, for tests an S3 server and InfluxDB 2.
//   node scripts/setup.mjs --for demo|tests [--install]
// --install (or CI set): installs missing programs with apt when run as root.
import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cacheDirectory } from '../dist/client/directories.js';
import { missingTools, missingToolsMessage } from '../dist/client/system-tools.js';
import { findTemporal } from '../dist/client/embedded/temporal-binary.js';

const VERSITYGW = 'github.com/versity/versitygw/cmd/versitygw@v1.8.0';
const BUILD_INFLUXDB2 = fileURLToPath(new URL('build-influxdb2.sh', import.meta.url));
// Debian asks this program whether a package may start its service.
const MAY_START = '/usr/sbin/policy-rc.d';
const START_NONE =
  "#!/bin/sh\n# Of Holdfast's set-up of tests, while it installs packages; may go when it does not run.\nexit 101\n";
// A new machine is often at its own updates.
const INSTALL = ['install', '-y', '-qq', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=600'];
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

const { values } = parseArgs({
  options: { for: { type: 'string', default: 'demo' }, install: { type: 'boolean', default: false } },
});
const purpose = values.for === 'tests' ? 'tests' : 'demo';
const say = (line) => process.stderr.write(`holdfast: ${line}\n`);

try {
  await provideTools();
  await findTemporal({ note: say });
  if (purpose === 'tests') {
    provideVersitygw();
    provideInfluxDb2();
  }
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
  withoutServices(() => execFileSync('apt-get', [...INSTALL, ...missing.packages], quiet));
  const still = await missingTools(purpose);
  if (still) throw new Error(missingToolsMessage(still));
}

/** The tests start servers of their own, on free ports; those of the packages would stay behind on the usual ones. */
function withoutServices(install) {
  if (existsSync(MAY_START) && readFileSync(MAY_START, 'utf8') !== START_NONE) return install();
  // An interrupt ends apt, and by that this program; not at once, or it would leave the file behind.
  const goOn = () => {};
  for (const signal of SIGNALS) process.on(signal, goOn);
  writeFileSync(MAY_START, START_NONE, { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(MAY_START, { force: true });
    for (const signal of SIGNALS) process.off(signal, goOn);
  }
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

/** The InfluxDB 2 that the metrics tests talk to; 1.x is a package. */
function provideInfluxDb2() {
  const directory = join(cacheDirectory(), 'bin');
  if (isExecutable(join(directory, 'influxd2'))) return;
  say('building InfluxDB 2 for tests with Go and Rust (once, some minutes) …');
  try {
    execFileSync('sh', [BUILD_INFLUXDB2, directory], { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch {
    throw new Error(
      `The tests need InfluxDB 2, and it could not be built (see above). Again: sh ${BUILD_INFLUXDB2} ${directory}`,
    );
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
