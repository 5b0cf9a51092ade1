import type { LoopbackHost } from './loopback-host.js';

/** One source of the demo: a tree on a host, and the engine that backs it up. */
export interface DemoSource {
  readonly host: string;
  /** Its name, and its directory's below the host's. */
  readonly source: string;
  readonly engine: 'archive' | 'mirror';
  readonly path: string;
}

/** The demo's configuration file, as a person would write it. JSON's strings are YAML's too. */
export function demoConfig(backupBase: string, hosts: readonly LoopbackHost[], sources: readonly DemoSource[]): string {
  const quoted = (text: string): string => JSON.stringify(text);
  return [
    'config:',
    `  backup_base: ${quoted(`${backupBase}/mirrors`)}`,
    'destinations:',
    '  vault:',
    '    type: local',
    `    path: ${quoted(`${backupBase}/vault`)}`,
    'hosts:',
    ...hosts.flatMap((host) => [
      `  ${host.name}:`,
      '    hostname: "127.0.0.1"',
      `    ssh_port: ${host.port}`,
      `    ssh_user: ${quoted(host.user)}`,
      `    ssh_key: ${quoted(host.identityFile)}`,
      '    ssh_options:',
      `      UserKnownHostsFile: ${quoted(host.knownHostsFile)}`,
      '    ignore_ping: true',
      '    paths:',
      ...sources
        .filter((source) => source.host === host.name)
        .flatMap(({ path, source, engine }) => [
          `      - path: ${quoted(path)}`,
          `        dest_subdir: ${quoted(source)}`,
          `        engine: ${engine}`,
          ...(engine === 'archive' ? ['        destination: vault'] : []),
        ]),
    ]),
    '',
  ].join('\n');
}
