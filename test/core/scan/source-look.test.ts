import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSourceLook, sourceLookLines } from '../../../src/core/scan/source-look.js';

const look = (path: string, markers: readonly string[] = []): Record<string, string> => {
  const script = `fact() { printf '%s %s\\n' "$1" "$2"; }\n${sourceLookLines({ path, readPath: path, markers })}`;
  const output = execFileSync('sh', [], { input: script, env: { ...process.env, LC_ALL: 'C' }, encoding: 'utf8' });
  const lines = output.split('\n').filter((line) => line !== '');
  return Object.fromEntries(
    lines.map((line): [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  );
};

test('the script tells the mount that findmnt finds, and what is there', () => {
  for (const path of ['/', '/etc', '/proc', '/dev']) {
    const [target, type] = execFileSync('findmnt', ['-n', '-r', '-o', 'TARGET,FSTYPE', '-T', path], {
      encoding: 'utf8',
    })
      .trim()
      .split('\n')
      .at(-1)
      ?.split(' ') as [string, string];
    expect(look(path)['source-mount']?.split(' ').slice(0, 2)).toEqual([target, type]);
  }
  expect(look('/etc', ['nothing', 'passwd'])).toMatchObject({ 'source-marker': '1' });
  expect(look('/nowhere', ['x'])).toEqual({ 'source-missing': 'yes' });
  expect(look('/etc/passwd', ['x'])).toEqual({});
});

test('what a host says is shown in one line, and as long as it is of use', () => {
  const { fileSystem } = readSourceLook([['source-mount', `/a\\012\\033[2Jb ext4 ${'x'.repeat(5_000)}`]], []);
  expect(fileSystem?.mountPoint).toBe('/a\\n\\033[2Jb');
  expect(fileSystem?.mounted).toHaveLength(300);
});

test.each([
  ['nothing', []],
  ['a mount without a type', [['source-mount', '/a']]],
  ['a mount that is no path', [['source-mount', 'a ext4 /dev/sda']]],
] as const)('%s is no identity', (_what, facts) => {
  expect(readSourceLook(facts, [])).toEqual({ missingMarkers: [] });
});

test('an id that no file system has is left out', () => {
  const of = (uuid: string) =>
    readSourceLook(
      [
        ['source-mount', '/ ext4 /dev/sda'],
        ['source-uuid', uuid],
      ],
      [],
    ).fileSystem?.id;
  expect(of('9eb170a6-0941-46f0-bce6-e91cd552348e')).toBe('uuid 9eb170a6-0941-46f0-bce6-e91cd552348e');
  for (const bad of ['', 'a', '\u001b[2J1234', 'x'.repeat(65), 'a b c d']) expect(of(bad)).toBeUndefined();
});

test('no text of a host makes it fail, and only a marker that was asked for is found', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.constantFrom('source-mount', 'source-uuid', 'source-fsid', 'source-marker', 'x'), fc.string()),
      ),
      (facts) => {
        const { missingMarkers } = readSourceLook(facts, ['m']);
        const found = facts.some(([word, value]) => word === 'source-marker' && value === '0');
        expect(missingMarkers).toEqual(found ? [] : ['m']);
      },
    ),
  );
});
