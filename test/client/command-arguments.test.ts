import { Command, InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { metricsOption } from '../../src/client/command-arguments.js';

/** What `--metrics` comes to, given so. */
function metrics(words: readonly string[], variable?: string): unknown {
  const before = process.env['HOLDFAST_METRICS'];
  if (variable === undefined) delete process.env['HOLDFAST_METRICS'];
  else process.env['HOLDFAST_METRICS'] = variable;
  try {
    const command = new Command()
      .addOption(metricsOption())
      .exitOverride()
      .configureOutput({ writeErr: () => undefined });
    return command.parse(words, { from: 'user' }).opts()['metrics'];
  } finally {
    if (before === undefined) delete process.env['HOLDFAST_METRICS'];
    else process.env['HOLDFAST_METRICS'] = before;
  }
}

test.each([
  ['9464', '127.0.0.1', 9_464],
  ['0', '127.0.0.1', 0],
  ['0.0.0.0:9464', '0.0.0.0', 9_464],
  ['metrics.example.com:1', 'metrics.example.com', 1],
  ['[::]:9464', '::', 9_464],
  ['[::ffff:192.0.2.1]:65535', '::ffff:192.0.2.1', 65_535],
])('metrics at %s', (text, host, port) => {
  expect(metrics(['--metrics', text])).toEqual({ host, port });
  expect(metrics([], text)).toEqual({ host, port });
});

test('the command line wins over the variable, and an empty variable is none', () => {
  expect(metrics(['--metrics', '1'], '2')).toMatchObject({ port: 1 });
  expect(metrics([], '')).toBe(false);
  expect(metrics([])).toBeUndefined();
});

test.each(['65536', 'x', '::1:9464', '[::1]', 'a b:1', 'host:', '-1', '1e3', '127.0.0.1:9464:1'])(
  'no metrics at %s',
  (text) => {
    expect(() => metrics([`--metrics=${text}`])).toThrow(/Give a port, or an address and a port/);
    expect(() => metricsOption().parseArg?.(text, undefined)).toThrow(InvalidArgumentError);
  },
);
