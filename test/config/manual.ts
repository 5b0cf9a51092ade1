import { configurationJsonSchema } from '../../src/config/json-schema.js';
import { ALLOWED_SSH_OPTIONS } from '../../src/config/ssh-options.js';

interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Every mapping of the file with its keys, by where it stands: `hosts.NAME.paths[]`. */
export function mappings(): Map<string, Schema> {
  const found = new Map<string, Schema>();
  const walk = (schema: Schema, at: string): void => {
    if (schema.properties) found.set(at, schema);
    for (const [key, child] of Object.entries(schema.properties ?? {})) walk(child, at === '' ? key : `${at}.${key}`);
    if (schema.additionalProperties) walk(schema.additionalProperties, `${at}.NAME`);
    if (schema.items) walk(schema.items, `${at}[]`);
    // Of forms to choose from, those that are worth a table of their own have a title.
    const choices = [...(schema.oneOf ?? []), ...(schema.anyOf ?? []).filter(({ title }) => title !== undefined)];
    for (const choice of choices) walk(choice, `${at} (${choice.title ?? ''})`);
  };
  walk(configurationJsonSchema(), '');
  return found;
}

/** The manual's tables, from the schema's own words. */
export function manualTables(): string {
  const all = mappings();
  const keysOf = (at: string): Readonly<Record<string, Schema>> => all.get(at)?.properties ?? {};
  const [config, host, path] = [keysOf('config'), keysOf('hosts.NAME'), keysOf('hosts.NAME.paths[]')];
  const only = (keys: Readonly<Record<string, Schema>>, keep: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(keys).filter(([key]) => keep(key)));
  const sections: readonly (readonly [string, Readonly<Record<string, Schema>>, readonly string[]])[] = [
    ['The file', keysOf(''), ['hosts']],
    ['`config`', only(config, (key) => !(key in host)), []],
    ['A host', only(host, (key) => !(key in config)), ['paths']],
    ['A host, or `config` for all hosts', only(host, (key) => key in config && !(key in path)), []],
    ['A path', only(path, (key) => !(key in config)), []],
    ['`dump` of a path', keysOf('hosts.NAME.paths[].dump'), ['type']],
    ['A path, a host for its paths, or `config` for all', only(path, (key) => key in config), []],
    ['A hook', keysOf('config.hooks[]'), ['on']],
    ['A destination of `type: local`', keysOf('destinations.NAME (Local directory)'), ['type', 'path']],
    ['A destination of `type: s3`', keysOf('destinations.NAME (S3 bucket)'), ['type', 'bucket']],
    ['`metrics.influxdb`', keysOf('metrics.influxdb (InfluxDB)'), ['host']],
    ['`metrics.prometheus`', keysOf('metrics.prometheus'), []],
    ['A schedule', keysOf('schedules.NAME'), []],
    ['`snapshots`', keysOf('snapshots (Volume)'), ['volume', 'schedules']],
    ['A rule of `snapshots.schedules`', keysOf('snapshots (Volume).schedules[]'), ['count']],
  ];
  const tables = sections.map(([title, keys, required]) => `### ${title}\n\n${table(keys, required)}`);
  const ssh = `### What \`ssh_options\` may hold\n\n${ALLOWED_SSH_OPTIONS.map((option) => `\`${option}\``).join(', ')}, and \`StrictHostKeyChecking: yes\`.`;
  return [...tables, ssh].join('\n\n');
}

function table(keys: Readonly<Record<string, Schema>>, required: readonly string[]): string {
  const rows = Object.entries(keys).map(([key, { description = '', examples = [] }]) => {
    const example = examples[0] === undefined ? '' : `\`${yaml(examples[0])}\``;
    const must = required.includes(key) ? '**Required.** ' : '';
    return `| \`${key}\` | ${must}${description} | ${example} |`.replaceAll('||', '\\|\\|');
  });
  return ['| key | what it does | example |', '|---|---|---|', ...rows].join('\n');
}

/** One line of YAML, quotes only where they are needed. */
function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}: ${yaml(item)}`)
      .join(', ')}}`;
  return typeof value === 'string' && !/^[A-Za-z/~][\w./~@-]*$/.test(value) ? JSON.stringify(value) : String(value);
}
