import type { ValuePath } from './problems.js';
import type { Configuration } from './resolve.js';
import type { EffectiveValue, Origin } from './resolution.js';

/** Settings that only one engine knows; for a source of the other they would be noise. */
const OF_ENGINE: Readonly<Record<string, 'mirror' | 'archive'>> = {
  rsync_options: 'mirror',
  no_incremental: 'archive',
  max_level: 'archive',
  always_level: 'archive',
  restart_always_level: 'archive',
  shard_size: 'archive',
  large_file_size: 'archive',
  compression_level: 'archive',
  parallel_shards: 'archive',
  keep: 'archive',
  keep_minimum: 'archive',
  grace: 'archive',
};

/** The settings that count, of all hosts or of those named. */
export function effectiveValues({ hosts, effective }: Configuration, names: readonly string[]): EffectiveValue[] {
  const engines = new Map(
    hosts.flatMap((host) => host.sources.map((source) => [JSON.stringify([host.name, source.name]), source.engine])),
  );
  return effective.filter(({ path: [part, name, , source, key] }) => {
    if (names.length > 0 && (part !== 'hosts' || !names.includes(String(name)))) return false;
    const engine = OF_ENGINE[String(key)];
    return engine === undefined || engines.get(JSON.stringify([name, source])) === engine;
  });
}

/** They as YAML, each with its origin as a comment. */
export function effectiveLines({ path }: Configuration, values: readonly EffectiveValue[]): string[] {
  const lines = [`# ${path}`];
  let open: ValuePath = [];
  for (const { path: at, value, origins } of values) {
    const parents = at.slice(0, -1);
    const common = parents.findIndex((part, index) => part !== open[index]);
    for (let depth = common < 0 ? parents.length : common; depth < parents.length; depth += 1)
      lines.push(`${indent(depth)}${written(parents[depth])}:`);
    open = parents;
    lines.push(
      `${indent(parents.length)}${written(at.at(-1))}: ${written(value)}  # ${origins.map(originText).join(' + ')}`,
    );
  }
  return lines;
}

const indent = (depth: number): string => '  '.repeat(depth);

/** YAML of one line; what is no plain word is quoted, and JSON is YAML. */
function written(value: unknown): string {
  if (
    typeof value === 'string' &&
    /^[A-Za-z_/][\w./@%+-]*$/.test(value) &&
    !/^(true|false|null|yes|no|on|off)$/i.test(value)
  )
    return value;
  return JSON.stringify(value);
}

function originText(origin: Origin): string {
  if (origin.from === 'default') return 'default';
  return origin.inheritedFrom === undefined
    ? `line ${origin.line}`
    : `line ${origin.line}, from ${origin.inheritedFrom}`;
}
