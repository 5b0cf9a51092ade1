import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { quote } from '../../src/core/shell-quoting.js';
import { startHoldfast } from './holdfast.js';
import { race, type Contender, type Timing } from './measure.js';
import { borg, restic, rsync, type Bench } from './peers.js';
import { timingTable } from './report.js';

const FILES = 1_000_000;
const FILES_IN_DIRECTORY = 1_000;

/** A million small files: how long it takes to see that nothing changed, and the most memory that it takes, beside the peers. */
export async function millionRows(bench: Bench, rounds: number): Promise<string> {
  const data = join(bench.directory, 'million');
  process.stderr.write(`bench: writing ${FILES} small files\n`);
  writeSmallFiles(data);
  const large: Bench = { ...bench, data };
  const peak = new Map<string, number>();
  const holdfast = await startHoldfast(large, 'archive');
  try {
    const ours = holdfast.nothingChanged();
    const pid = holdfast.pid();
    const contenders: Contender[] = [
      {
        ...ours,
        prepare: async (round) => {
          await forgetPeak(pid);
          await ours.prepare?.(round);
          note(peak, 'Holdfast (worker), first backup', await peakMiB(pid));
          await forgetPeak(pid);
        },
        run: async (round) => {
          await ours.run(round);
          note(peak, 'Holdfast (worker)', await peakMiB(pid));
        },
      },
      findSort(large),
      rsync(large, 'again'),
      measured(restic(large, 'again'), 'restic', peak),
      measured(borg(large, 'again'), 'borg', peak),
    ];
    const timings: Timing[] = await race(contenders, rounds);
    return `${timingTable(`nothing changed, ${FILES} files`, timings)}\n${memoryTable(peak)}`;
  } finally {
    await holdfast.stop();
  }
}

function writeSmallFiles(directory: string): void {
  for (let folder = 0; folder < FILES / FILES_IN_DIRECTORY; folder++) {
    const path = join(directory, `d${folder}`);
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_IN_DIRECTORY; file++) {
      writeFileSync(join(path, `file-${file}.txt`), `${folder} ${file}\n`);
    }
  }
}

/** The floor: what any tool that looks at every file has to do. */
function findSort(bench: Bench): Contender {
  const script = `find ${quote(bench.data)} -printf '%P//%y %s %T@ %C@ %i %D %m %U %G %n %b//%l\\0' | LC_ALL=C sort -z`;
  return {
    name: 'ssh find \\| sort',
    run: async () => {
      await execa('ssh', ['-F', bench.sshConfig, 'bench-host', script], { stdout: 'ignore', stderr: 'pipe' });
    },
  };
}

/** Memory of a peer's own process, looked at while it runs. */
function measured(contender: Contender, program: string, peak: Map<string, number>): Contender {
  return {
    ...contender,
    run: async (round) => {
      let over = false;
      const watching = (async () => {
        while (!over) {
          for (const pid of await processesOf(program)) note(peak, program, await peakMiB(pid));
          await new Promise((resolve) => setTimeout(resolve, 200));
        }
      })();
      try {
        await contender.run(round);
      } finally {
        over = true;
        await watching;
      }
    },
  };
}

async function processesOf(program: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    const words = command.split('\0').slice(0, 3);
    if (words.some((word) => word.split('/').at(-1) === program)) found.push(Number(name));
  }
  return found;
}

const note = (peak: Map<string, number>, name: string, mebibytes: number): void => {
  peak.set(name, Math.max(peak.get(name) ?? 0, mebibytes));
};

/** VmHWM of proc(5), the most that was resident since it was last forgotten. */
export async function peakMiB(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
}

export const forgetPeak = (pid: number): Promise<void> => writeFile(`/proc/${pid}/clear_refs`, '5');

function memoryTable(peak: ReadonlyMap<string, number>): string {
  const rows = [...peak].map(([name, mebibytes]) => `| ${name} | ${Math.round(mebibytes)} |`);
  return ['| | most memory, MiB |', '|---|---|', ...rows, ''].join('\n');
}
