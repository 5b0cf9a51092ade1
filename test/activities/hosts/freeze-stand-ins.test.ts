import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freezeNames } from '../../../src/activities/hosts/freeze-names.js';
import { freezeSource, thawSource } from '../../../src/activities/hosts/freeze-source.js';
import type { FreezePlan } from '../../../src/core/plan.js';
import { startArchiveBench, type ArchiveBench } from '../../support/archive-bench.js';

const containing = (text: string): unknown => expect.stringContaining(text);

/**
 * LVM needs device-mapper and ZFS a kernel module, which a test machine seldom has: here stand-ins of their programs keep a list of what there
 * is and of what they were asked, and the scripts run for real over ssh.
 */
let bench: ArchiveBench;
let calls: string;
let made: string;

beforeEach(async () => {
  bench = await startArchiveBench();
  [calls, made] = [join(bench.directory, 'calls'), join(bench.directory, 'made')];
  await writeFile(calls, '');
  await writeFile(made, '');
});
afterEach(async () => {
  await bench.stop();
});

const inputFor = (plan: FreezePlan, runId = 'run-1') => ({
  host: bench.hostPlan(),
  source: bench.source({ freeze: plan }),
  run: { workflowId: 'host/web1', runId },
});
const freeze = (plan: FreezePlan, runId?: string) =>
  freezeSource(bench.providers, bench.control(), inputFor(plan, runId));
const thaw = (plan: FreezePlan) => thawSource(bench.providers, bench.control(), { ...inputFor(plan), frozen: true });
const nameOf = (plan: FreezePlan, runId?: string): string =>
  `holdfast-freeze-${freezeNames(inputFor(plan, runId)).name}`;
const called = async (program: string): Promise<string[]> =>
  (await readFile(calls, 'utf8')).split('\n').filter((line) => line.startsWith(`${program} `));

/** findmnt as if the source's own directory were the mount point of this file system; /proc/self/mountinfo stays what it is. */
async function mountedAs(type: string, device: string): Promise<void> {
  await bench.replaceTool(
    'findmnt',
    `case "$*" in *FSTYPE*) echo ${type} ;; *SOURCE*) echo ${device} ;; *FSROOT*) echo / ;; *) grep -q -F -- "$4" ${made}.mounts 2>/dev/null ;; esac`,
  );
  await bench.replaceTool('stat', `case "$*" in '-c %m .') pwd -P ;; *) exec $REAL "$@" ;; esac`);
}
const logged = (program: string, script: string): string => `echo "${program} $*" >>${calls}\n${script}`;

describe('zfs', () => {
  const plan: FreezePlan = { kind: 'zfs' };

  async function zfs(): Promise<void> {
    await mountedAs('zfs', 'tank/data');
    await bench.replaceTool(
      'zfs',
      logged(
        'zfs',
        `case $1 in
          list) cat ${made} ;;
          snapshot) echo "$2" >>${made}; mkdir -p "${bench.tree}/.zfs/snapshot/\${2#*@}" ;;
          destroy) grep -v -x -F -- "$2" ${made} >${made}.new; mv ${made}.new ${made} ;;
        esac`,
      ),
    );
  }

  test('takes a snapshot, reads below .zfs/snapshot, and destroys its own alone', async () => {
    await zfs();
    await writeFile(made, 'tank/data@daily\ntank/data@holdfast-freeze-0123456789ab-00000000\n');
    const { readPath } = await freeze(plan);
    expect(readPath).toBe(join(bench.tree, '.zfs/snapshot', nameOf(plan)));
    await thaw(plan);
    expect(await called('zfs snapshot')).toEqual([`zfs snapshot tank/data@${nameOf(plan)}`]);
    expect(await called('zfs destroy')).toEqual([`zfs destroy tank/data@${nameOf(plan)}`]);
  });

  test('destroys first what a dead run left', async () => {
    await zfs();
    await freeze(plan, 'dead');
    await freeze(plan);
    expect(await called('zfs destroy')).toEqual([`zfs destroy tank/data@${nameOf(plan, 'dead')}`]);
  });

  test('refuses another file system, a snapshot that fails, and one that does not appear', async () => {
    await zfs();
    await mountedAs('ext4', '/dev/sda1');
    await expect(freeze(plan)).rejects.toMatchObject({ message: containing('on ext4, not on zfs') });
    await mountedAs('zfs', 'tank/data');
    await bench.replaceTool('zfs', 'case $1 in snapshot) echo "out of space" >&2; exit 1 ;; esac');
    await expect(freeze(plan)).rejects.toMatchObject({
      type: 'FreezeFailed',
      message: containing('out of space'),
    });
    await bench.replaceTool('zfs', 'exit 0');
    await expect(freeze(plan)).rejects.toMatchObject({ message: containing('does not appear') });
  });

  test('says so when the snapshot cannot be destroyed', async () => {
    await zfs();
    await freeze(plan);
    await bench.replaceTool(
      'zfs',
      `case $1 in list) cat ${made} ;; destroy) echo "dataset is busy" >&2; exit 1 ;; esac`,
    );
    await expect(thaw(plan)).rejects.toMatchObject({
      type: 'ThawFailed',
      message: containing('dataset is busy'),
    });
  }, 60_000);
});

describe('lvm', () => {
  const plan: FreezePlan = { kind: 'lvm', sizeBytes: 5 * 2 ** 30 };

  async function lvm(segments = 'linear', type = 'xfs'): Promise<void> {
    await mountedAs(type, '/dev/mapper/vg0-data');
    await bench.replaceTool(
      'lvs',
      `case "$*" in
        *segtype*) echo "  vg0 data ${segments}" ;;
        *lv_snapshot_invalid*) [ ! -e ${made}.full ] || echo "snapshot invalid" ;;
        *) cat ${made} ;;
      esac`,
    );
    await bench.replaceTool(
      'lvcreate',
      logged('lvcreate', `while [ "$1" != --name ]; do shift; done; echo "$2" >>${made}`),
    );
    await bench.replaceTool(
      'lvremove',
      logged('lvremove', `grep -v -x -F -- "\${2#*/}" ${made} >${made}.new; mv ${made}.new ${made}`),
    );
    await bench.replaceTool('mount', logged('mount', `for last do :; done; echo "$last" >>${made}.mounts`));
    await bench.replaceTool(
      'umount',
      logged('umount', `grep -v -x -F -- "$1" ${made}.mounts >${made}.new; mv ${made}.new ${made}.mounts`),
    );
  }

  test('makes a snapshot of the size asked for, mounts it read-only, and removes both', async () => {
    await lvm();
    const mine = nameOf(plan);
    const { readPath } = await freeze(plan);
    expect(readPath).toBe(`/run/holdfast-freeze/${mine}`);
    expect(await called('lvcreate')).toEqual([`lvcreate --yes --snapshot --name ${mine} --size 5368709120b vg0/data`]);
    expect(await called('mount')).toEqual([`mount -t xfs -o ro,nouuid /dev/vg0/${mine} /run/holdfast-freeze/${mine}`]);
    expect(await thaw(plan)).toEqual({ troubles: [] });
    expect(await called('umount')).toEqual([`umount /run/holdfast-freeze/${mine}`]);
    expect(await called('lvremove')).toEqual([`lvremove --yes vg0/${mine}`]);
  });

  test('needs no size in a thin pool, and takes a tenth of the volume elsewhere', async () => {
    await lvm('thin', 'ext4');
    await freeze({ kind: 'lvm' });
    await thaw(plan);
    await lvm('linear', 'ext4');
    await freeze({ kind: 'lvm' });
    await thaw(plan);
    const mine = nameOf(plan);
    expect(await called('lvcreate')).toEqual([
      `lvcreate --yes --snapshot --name ${mine} --setactivationskip n vg0/data`,
      `lvcreate --yes --snapshot --name ${mine} --extents 10%ORIGIN vg0/data`,
    ]);
    expect((await called('mount'))[0]).toContain('-o ro /dev');
  });

  test('tells that the snapshot ran out of room while it was read', async () => {
    await lvm();
    await freeze(plan);
    await writeFile(`${made}.full`, '');
    expect((await thaw(plan)).troubles).toEqual([containing('ran out of room')]);
  });

  test('a snapshot that cannot be mounted is removed again by the release', async () => {
    await lvm();
    await bench.replaceTool('mount', 'echo "wrong fs type" >&2; exit 32');
    await expect(freeze(plan)).rejects.toMatchObject({
      type: 'FreezeFailed',
      message: containing('wrong fs type'),
    });
    await thaw(plan);
    expect(await readFile(made, 'utf8')).toBe('');
  });

  test('refuses btrfs on a volume, and what is no volume', async () => {
    await lvm('linear', 'btrfs');
    await expect(freeze(plan)).rejects.toMatchObject({ message: containing('write freeze: btrfs') });
    await lvm();
    await bench.replaceTool('lvs', 'exit 5');
    await expect(freeze(plan)).rejects.toMatchObject({ message: containing('no volume of LVM') });
  });
});
