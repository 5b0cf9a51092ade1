import { describe, expect, test } from 'vitest';
import { lackFor, parseProbe } from '../../../src/core/ssh/probe.js';
import { interpreterOf } from '../../../src/core/ssh/script-body.js';

const GNU = `clock 1795321380.123456789
tool tar tar (GNU tar) 1.34
tool find find (GNU findutils) 4.9.0
tool sort sort (GNU coreutils) 9.1
tool head head (GNU coreutils) 9.1
tool rsync rsync  version 3.2.7  protocol version 31
tool zstd *** Zstandard CLI (64-bit) v1.5.4, by Yann Collet ***
source directory
source missing
`;

describe('what a host says of itself', () => {
  test('is read as versions, milliseconds and states', () => {
    expect(parseProbe(GNU, 2)).toEqual({
      tools: { tar: '1.34', find: '4.9.0', sort: '9.1', head: '9.1', rsync: '3.2.7', zstd: '1.5.4' },
      strangers: {},
      clockMs: 1795321380123,
      sources: ['directory', 'missing'],
    });
  });

  test('is not trusted when it is cut short or is something else', () => {
    expect(parseProbe(GNU, 3)).toBeUndefined();
    expect(parseProbe(GNU.slice(GNU.indexOf('\n') + 1), 2)).toBeUndefined();
    expect(parseProbe('', 0)).toBeUndefined();
  });

  test('shows which engine it lacks tools for, and which not', () => {
    const text = GNU.replace('tar (GNU tar) 1.34', 'bsdtar 3.7').replace(/tool find .*\n/, '');
    const facts = parseProbe(text, 2) ?? { tools: {}, strangers: {} };
    expect(lackFor('mirror', facts)).toBeUndefined();
    expect(lackFor('archive', facts)).toBe('tar is not the GNU one, it says "bsdtar 3.7"; find is not installed');
  });
});

test.each([
  ['#!/bin/bash\necho', ['/bin/bash']],
  ['#! /usr/bin/env -S python3 -u  \nx', ['/usr/bin/env', '-S python3 -u']],
  ['#!/bin/sh', ['/bin/sh']],
  ['echo hi\n#!/bin/bash\n', ['sh']],
  ['', ['sh']],
])('the first line of %j names the program that runs it, as the kernel reads it', (text, words) => {
  expect(interpreterOf(text)).toEqual(words);
});
