import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { effectiveLines, effectiveValues } from '../../src/config/effective.js';
import { parseConfig } from '../../src/config/load.js';
import { ConfigInvalidError } from '../../src/config/problems.js';
import { hookEnvironment } from '../../src/core/hooks/environment.js';
import { HOOK_EVENTS, type HookPlan } from '../../src/core/hooks/hooks.js';

interface Written {
  readonly config?: string;
  readonly host?: string;
  readonly path?: string;
}

const text = ({ config = '[]', host = '[]', path = '[]' }: Written): string =>
  `config: {backup_base: /b, scripts_dir: /s, hooks: ${config}}
hosts: {h: {hooks: ${host}, paths: [{path: /x, hooks: ${path}}]}}`;

function hooksOf(written: Written) {
  const { runHooks, hosts } = parseConfig(text(written), 'f');
  return { run: runHooks, host: hosts[0]?.hooks, source: hosts[0]?.sources[0]?.hooks };
}

const brief = (hooks: readonly HookPlan[] = []): string[] =>
  hooks.map(({ on, run }) => `${on} ${'script' in run ? run.script : run.command.join(' ')}`);

test('each hook stands at what its event is of, from the outside in, and once for each of its events', () => {
  const { run, host, source } = hooksOf({
    config: '[{on: [before_run, before_host, before_source], run: a}, {on: on_error, run: e}]',
    host: '[{on: [before_source, before_host, after_host], run: b}, {on: on_error, run: e}]',
    path: '[{on: [before_source, before_restore, after_snapshot, on_error], run: c}]',
  });
  expect(brief(run)).toEqual(['before_run a', 'on_error e']);
  expect(brief(host)).toEqual(['before_host a', 'before_host b', 'after_host b', 'on_error e']);
  expect(brief(source)).toEqual([
    'before_source a',
    'before_source b',
    'before_source c',
    'before_restore c',
    'after_snapshot c',
    'on_error c',
  ]);
});

test('what is not said is 10 minutes on the host, where a failure stops what follows and is a warning of what went before', () => {
  const { source } = hooksOf({ path: '[{on: [before_source, after_source], run: a}]' });
  expect(source).toEqual([
    {
      on: 'before_source',
      run: { script: 'a', scriptsDir: '/s' },
      where: 'host',
      timeoutMs: 600_000,
      onFailure: 'fail',
    },
    {
      on: 'after_source',
      run: { script: 'a', scriptsDir: '/s' },
      where: 'host',
      timeoutMs: 600_000,
      onFailure: 'warn',
    },
  ]);
});

test('all that can be said of a hook is taken over', () => {
  const { source } = hooksOf({
    path: '[{on: after_source, command: [sh, -c, "a; b\\nc", --], where: worker, timeout: 90s, on_failure: ignore, only: [failed, held]}]',
  });
  expect(source).toEqual([
    {
      on: 'after_source',
      run: { command: ['sh', '-c', 'a; b\nc', '--'] },
      where: 'worker',
      timeoutMs: 90_000,
      onFailure: 'ignore',
      only: ['failed', 'held'],
    },
  ]);
});

test('hooks at a run are on the worker, which has no host', () => {
  expect(hooksOf({ config: '[{on: [before_run, on_error], run: a}]' }).run.map(({ where }) => where)).toEqual([
    'worker',
    'worker',
  ]);
});

test('a configuration without hooks has none in its plans', () => {
  const { runHooks, hosts } = parseConfig('config: {backup_base: /b}\nhosts: {h: {paths: [{path: /x}]}}', 'f');
  expect(runHooks).toEqual([]);
  expect(hosts[0]).not.toHaveProperty('hooks');
  expect(hosts[0]?.sources[0]).not.toHaveProperty('hooks');
});

test('config show tells every hook where it counts, what has become of it, and where it was written', () => {
  const configuration = parseConfig(
    text({
      config: '[{on: [after_run, before_source], run: a}]',
      host: '[{on: after_host, command: [logger, "x y"], where: worker}]',
      path: '[{on: after_source, run: b, only: [ok]}]',
    }),
    'f',
  );
  const lines = effectiveLines(configuration, effectiveValues(configuration, [])).filter((line) => /hooks/.test(line));
  expect(lines).toEqual([
    '  hooks: [{"on":"after_run","run":"a","where":"worker","timeout":"10m","on_failure":"warn"}]  # line 1',
    '    hooks: [{"on":"after_host","command":["logger","x y"],"where":"worker","timeout":"10m","on_failure":"warn"}]  # line 2',
    '        hooks: [{"on":"before_source","run":"a","where":"host","timeout":"10m","on_failure":"fail"},{"on":"after_source","run":"b","where":"host","timeout":"10m","on_failure":"warn","only":["ok"]}]  # line 1, from config + line 2',
  ]);
});

describe('the manual', () => {
  const manual = readFileSync(new URL('../../docs/hooks.md', import.meta.url), 'utf8');

  test('has an example that is valid', () => {
    const { runHooks, hosts } = parseConfig(/```yaml\n(.*?)```/s.exec(manual)?.[1] ?? '', 'hooks.md');
    expect(brief(runHooks)).toEqual(['before_run mountpoint -q /srv/backup', 'on_error mail_admin']);
    expect(hosts[0]?.sources[0]?.hooks).toHaveLength(4);
  });

  test('names every event, and every variable that a hook gets', () => {
    const cells = [...manual.matchAll(/^\| ((?:`[A-Za-z_]+`(?:, )?)+) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word),
    );
    const variables = Object.keys(hookEnvironment('on_error', { run: { workflowId: '', runId: '' } }));
    expect(cells.filter((cell) => cell?.startsWith('HOLDFAST_')).sort()).toEqual(
      [...variables, 'HOLDFAST_ATTEMPT'].sort(),
    );
    expect(cells).toEqual(expect.arrayContaining([...HOOK_EVENTS]));
  });
});

describe('a mistake says what to write', () => {
  const mistake = (written: Written): string => {
    try {
      parseConfig(text(written), 'f');
    } catch (error) {
      if (error instanceof ConfigInvalidError) return error.message;
      throw error;
    }
    return 'no mistake';
  };

  test.each<[Written, string]>([
    [{ path: '[{on: before_source}]' }, 'hosts.h.paths[0].hooks[0]: nothing says what to run; write run: NAME'],
    [{ path: '[{on: before_source, run: a, command: [b]}]' }, 'run and command stand here both; write one of them'],
    [{ path: '[{run: a}]' }, 'hooks[0].on: this is missing; write one or a list of before_run,'],
    [{ path: '[{on: before_sources, run: a}]' }, '"before_sources" is nothing that a hook can stand at; write one'],
    [{ path: '[{on: [], run: a}]' }, 'hooks[0].on:'],
    [{ path: '[{on: before_host, run: a}]' }, 'hooks[0].on: before_host is of a host, not of a path; write the hook'],
    [{ host: '[{on: after_run, run: a}]' }, 'hosts.h.hooks[0].on: after_run is of a run, not of a host; write'],
    [{ config: '[{on: before_run, run: a, where: host}]' }, 'before_run is of a run, which has no host of its own'],
    [{ config: '[{on: on_error, run: a, where: host}]' }, 'on_error is of a run, which has no host of its own'],
    [{ path: '[{on: on_error, run: a, only: [failed]}]' }, 'it goes with after_* alone, not with on_error; remove it'],
    [{ path: '[{on: before_source, run: a, only: [ok]}]' }, 'it goes with after_* alone, not with before_source'],
    [{ path: '[{on: after_source, run: a, only: [good]}]' }, '"good" is not known here; write one of ok, warning'],
    [{ path: '[{on: after_source, run: ../a}]' }, '"../a" is not a plain file name; write the name of a file'],
    [{ path: '[{on: after_source, command: ls -l}]' }, 'write a list'],
    [{ path: '[{on: after_source, command: []}]' }, 'the list is empty'],
    [{ path: '[{on: after_source, command: [-x]}]' }, '"-x" is not a program; write its name or path'],
    [{ path: '[{on: after_source, command: [A=b, c]}]' }, '"A=b" is not a program; write its name or path'],
    [{ path: '[{on: after_source, command: [c, "\\0"]}]' }, 'is not a word of a command; write a text without NUL'],
    [{ path: '[{on: after_source, run: a, timeout: 1d}]' }, '"1d" is out of range; write 1s to 12h'],
    [{ path: '[{on: after_source, run: a, on_failure: stop}]' }, '"stop" is not known here; write one of fail, warn'],
    [{ path: '[{on: after_source, run: a, onfailure: warn}]' }, 'did you mean "on_failure"?'],
  ])('%j', (written, said) => {
    expect(mistake(written)).toContain(said);
  });
});
