import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RestorePlan, RestoreReport, RestoreRequest } from '../../../src/activities/contract.js';
import { commitMirror } from '../../../src/activities/mirror/commit-mirror.js';
import { syncMirror } from '../../../src/activities/mirror/sync-mirror.js';
import { planRestore } from '../../../src/activities/restore/plan-restore.js';
import { restoreMirror } from '../../../src/activities/restore/restore-mirror.js';
import type { SourcePlan } from '../../../src/core/plan.js';
import { RandomTree } from '../../support/random-tree.js';
import { type RestoreBench, startRestoreBench } from '../../support/restore-bench.js';
import { describeTree } from '../../support/tree-oracle.js';

const RUN = { workflowId: 'restore/web1/mirrored/test', runId: 'run-1' };

let bench: RestoreBench;
let backupId: string;
let number = 0;
let target: string;

const local = () => ({ kind: 'local', path: target, machine: 'test' }) as const;
const request = (news: Partial<RestoreRequest> = {}): RestoreRequest =>
  bench.request({ source: 'mirrored', target: local(), ...news });

const mirrored = (): SourcePlan => {
  const destination = { name: 'mirrors', type: 'local', path: bench.path('mirrors') } as const;
  return bench.source({ name: 'mirrored', engine: 'mirror', destination });
};

async function restore(news: Partial<RestoreRequest> = {}): Promise<RestoreReport> {
  const asked = request(news);
  const plan = await planRestore(bench.providers, bench.control(), { request: asked, run: RUN });
  return restoreMirror(bench.providers, bench.control(), { request: asked, plan, run: RUN });
}

async function backUp(): Promise<string> {
  const source = mirrored();
  const input = { host: bench.hostPlan(), source, run: RUN };
  const outcome = await syncMirror(bench.providers, bench.control(), input);
  return (await commitMirror(bench.providers, bench.control(), { ...input, outcome, startedAtMs: Date.now() }))
    .backupId;
}

beforeAll(async () => {
  bench = await startRestoreBench();
  new RandomTree(bench.tree, 5).grow(50);
  mkdirSync(join(bench.tree, 'docs/old'), { recursive: true });
  writeFileSync(join(bench.tree, 'docs/old/letter.txt'), 'a letter');
  backupId = await backUp();
});
afterAll(() => bench.stop());
beforeEach(() => {
  target = bench.path(`targets/m${(number += 1)}`);
});

describe('a mirror', () => {
  test('comes back exactly, here and over ssh, and a second time nothing is left to do', async () => {
    const expected = await describeTree(bench.tree);
    expect(await restore()).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expect(await describeTree(target)).toEqual(expected);
    const again = await planRestore(bench.providers, bench.control(), { request: request({ dryRun: true }), run: RUN });
    expect(again).toMatchObject({ backupId, spool: '', counts: { create: 0, replace: 0, delete: 0 } });
    target = bench.path('targets/over-ssh');
    expect(await restore({ target: { kind: 'host', host: 'web2', path: target } })).toMatchObject({ status: 'ok' });
    expect(await describeTree(target)).toEqual(expected);
  });

  test('gives what --include asks for, with the directories above', async () => {
    expect((await restore({ include: ['*.txt'] })).status).toBe('ok');
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(['docs', 'docs/old', 'docs/old/letter.txt']);
    await expect(restore({ include: ['*.pdf'] })).rejects.toMatchObject({ type: 'NothingToRestore' });
  });

  test('with --include and --delete loses what the mirror has not of what was asked for, and nothing else', async () => {
    const at = (...parts: string[]): string => join(target, ...parts);
    mkdirSync(at('docs/old/surplus/deep'), { recursive: true });
    mkdirSync(at('docs/old/letter.txt/in the way'), { recursive: true });
    mkdirSync(at('elsewhere'));
    for (const name of ['docs/mine', 'docs/old/surplus/deep/file', 'docs/old/line\nend', 'elsewhere/old', 'mine']) {
      writeFileSync(at(name), 'mine');
    }
    symlinkSync(at('elsewhere'), at('docs/old/link'));
    const asked = { include: ['/docs/old/'], delete: true } as const;
    const plan = await planRestore(bench.providers, bench.control(), {
      request: request({ ...asked, dryRun: true }),
      run: RUN,
    });
    // The directory, one below it, the file there, the one with a line end in its name, the link, and what the directory in the way holds.
    expect(plan.counts.delete).toBe(6);
    expect(existsSync(at('docs/old/surplus/deep/file'))).toBe(true);
    expect(await restore(asked)).toMatchObject({ status: 'ok', differences: { count: 0 } });
    expect(readdirSync(target, { recursive: true }).sort()).toEqual(
      ['docs', 'docs/mine', 'docs/old', 'docs/old/letter.txt', 'elsewhere', 'elsewhere/old', 'mine'].sort(),
    );
    expect(readFileSync(at('docs/old/letter.txt'), 'utf8')).toBe('a letter');
    expect((await restore(asked)).status).toBe('ok');
  });

  test('with --include and --delete goes by the same rules on another host', async () => {
    mkdirSync(join(target, 'docs/old'), { recursive: true });
    for (const name of ['docs/old/surplus.txt', 'docs/old/mine', 'surplus.txt'])
      writeFileSync(join(target, name), 'mine');
    const to = { kind: 'host', host: 'web2', path: target } as const;
    expect(await restore({ include: ['*.txt'], delete: true, target: to })).toMatchObject({ status: 'ok' });
    expect(readdirSync(target, { recursive: true }).sort()).toEqual([
      'docs',
      'docs/old',
      'docs/old/letter.txt',
      'docs/old/mine',
    ]);
  });

  test('keeps to --overwrite and --delete', async () => {
    mkdirSync(join(target, 'docs/old'), { recursive: true });
    writeFileSync(join(target, 'docs/old/letter.txt'), 'mine');
    writeFileSync(join(target, 'mine'), 'mine');
    expect((await restore({ overwrite: 'never' })).status).toBe('ok');
    expect(readFileSync(join(target, 'docs/old/letter.txt'), 'utf8')).toBe('mine');
    expect((await restore({ overwrite: 'always', delete: true })).status).toBe('ok');
    expect(existsSync(join(target, 'mine'))).toBe(false);
    expect(await describeTree(target)).toEqual(await describeTree(bench.tree));
  });

  test('is one point in time: earlier ones and other ids are not found', async () => {
    await expect(restore({ point: { at: '2001-01-01' } })).rejects.toMatchObject({
      type: 'BackupNotFound',
      message: expect.stringContaining(backupId) as string,
    });
    await expect(restore({ point: { backupId: '20010101T000000Z-0' } })).rejects.toMatchObject({
      type: 'BackupNotFound',
    });
    expect((await restore({ point: { backupId } })).status).toBe('ok');
  });

  test('that a run changes while it is read is not told as right', async () => {
    const source = mirrored();
    const asked = request();
    const planned = () => planRestore(bench.providers, bench.control(), { request: asked, run: RUN });
    const perform = async (plan: RestorePlan) =>
      restoreMirror(bench.providers, bench.control(), { request: asked, plan, run: RUN });
    const overtaken = await planned();
    const next = await backUp();
    const report = await perform(overtaken);
    expect(report).toMatchObject({ status: 'warning', differences: { count: 1 } });
    expect(report.differences.first[0]).toContain(next);
    const plan = await planned();
    await syncMirror(bench.providers, bench.control(), { host: bench.hostPlan(), source, run: RUN });
    await expect(perform(plan)).rejects.toMatchObject({ type: 'RestoreIncomplete' });
    backupId = await backUp();
  });

  test('a full target is told as such', async () => {
    mkdirSync(target);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k,mode=700', 'tmpfs', target]);
    try {
      await expect(restore()).rejects.toMatchObject({ type: 'RestoreTargetFull' });
    } finally {
      execFileSync('umount', [target]);
    }
  });

  test('left half synchronised it is refused, and with --unfinished given with a warning', async () => {
    const source = mirrored();
    await syncMirror(bench.providers, bench.control(), { host: bench.hostPlan(), source, run: RUN });
    await expect(restore()).rejects.toMatchObject({ type: 'MirrorUnfinished' });
    expect((await restore({ unfinished: true })).status).toBe('warning');
    expect(statSync(join(target, 'docs/old/letter.txt')).size).toBe(8);
    rmSync(target, { recursive: true });
    await backUp();
    expect((await restore()).status).toBe('ok');
  });
});
