import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TarReader, type TarMember } from '../../../src/core/verify/tar-reader.js';

let directory: string;
let archive: Buffer;
const sparse = Buffer.alloc(3_000_000);
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-tar-'));
  writeFileSync(join(directory, 'plain'), 'twelve bytes');
  writeFileSync(join(directory, 'l'.repeat(180)), 'long name');
  sparse.write('begin', 0);
  sparse.write('middle', 1_000_000);
  execFileSync('dd', [`of=${join(directory, 'sparse')}`, 'bs=4096', 'conv=sparse', 'status=none'], { input: sparse });
  truncateSync(join(directory, 'sparse'), sparse.length);
  writeFileSync(join(directory, 'hole'), '');
  truncateSync(join(directory, 'hole'), 500_000);
  execFileSync('ln', [join(directory, 'plain'), join(directory, 'second')]);
  execFileSync('ln', ['-s', 'plain', join(directory, 'symbolic')]);
  const options = ['--format=posix', '--sparse', '--sort=name', '--blocking-factor=128'];
  archive = execFileSync('tar', ['-C', directory, ...options, '-c', '.'], { maxBuffer: 1 << 26 });
});
afterAll(() => rmSync(directory, { recursive: true }));

function read(
  bytes: Buffer,
  chunkBytes: number,
): { members: Map<string, TarMember>; content: Map<string, Buffer>; bytes: number } {
  const members = new Map<string, TarMember>();
  const pieces = new Map<string, Buffer[]>();
  let last = '';
  const reader = new TarReader({
    member: (member) => {
      last = member.path.replace(/^\.\//, '');
      members.set(last, member);
      pieces.set(last, []);
    },
    wantsContent: ({ type }) => type === 'f',
    content: (piece) => void pieces.get(last)?.push(Buffer.from(piece)),
  });
  for (let at = 0; at < bytes.length; at += chunkBytes) reader.push(bytes.subarray(at, at + chunkBytes));
  reader.end();
  return {
    members,
    content: new Map([...pieces].map(([name, parts]) => [name, Buffer.concat(parts)])),
    bytes: reader.bytes,
  };
}

describe('what GNU tar writes', () => {
  test.each([1, 511, 512, 65_536, 1 << 26])('is read as it is, in chunks of %i bytes', (chunkBytes) => {
    const { members, content, bytes } = read(archive, chunkBytes);
    expect(bytes).toBe(archive.length);
    expect([...members.keys()].sort()).toEqual(
      ['', 'hole', 'l'.repeat(180), 'plain', 'second', 'sparse', 'symbolic'].sort(),
    );
    expect(content.get('plain')?.toString()).toBe('twelve bytes');
    expect(members.get('second')).toMatchObject({ type: 'hard link', target: './plain' });
    expect(members.get('symbolic')).toMatchObject({ type: 'l', target: 'plain' });
    expect(members.get('sparse')?.sizeBytes).toBe(3_000_000);
    expect(content.get('sparse')?.equals(sparse)).toBe(true);
    expect(content.get('hole')?.equals(Buffer.alloc(500_000))).toBe(true);
    expect(members.get('plain')?.mtime).toMatch(/^\d+\.\d{9}$/);
  });
});

describe('an archive is refused', () => {
  test('that was cut off, wherever', () => {
    for (let end = 0; end < archive.length; end += 4_096) {
      // Of the end marker two blocks are needed; the padding behind it is judged by the size.
      const cut = archive.subarray(0, end);
      if (archive.subarray(end).every((byte) => byte === 0)) break;
      expect(() => read(cut, 65_536), `at ${end}`).toThrow(/end|cut off/);
    }
  });

  test('whose headers have a flipped bit', () => {
    for (let at = 0; at < 512; at += 7) {
      const bytes = Buffer.from(archive);
      bytes[at] = (bytes[at] as number) ^ 4;
      expect(() => read(bytes, 65_536), `at ${at}`).toThrow();
    }
  });

  test('that goes on behind its end marker', () => {
    expect(() => read(Buffer.concat([archive, archive]), 65_536)).toThrow('members follow its end marker');
  });
});
