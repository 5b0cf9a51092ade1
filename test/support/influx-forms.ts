import type { TestInfluxDb1 } from './influxdb1.js';
import type { TestInfluxDb2 } from './influxdb2.js';

/** A real server of either version, with what a person would write of it. */
export interface InfluxForm {
  readonly version: '1.x' | '2.x';
  readonly server: Pick<TestInfluxDb1, 'port' | 'pause' | 'resume' | 'kill' | 'restart' | 'stop'>;
  /** The mapping below `metrics.influxdb`; of a user or token who may do so much, or another database. */
  mapping(rights?: 'both' | 'reader' | 'writer' | 'wrong', database?: string): Readonly<Record<string, unknown>>;
}

const at = (port: number) => ({ host: '127.0.0.1', port, ssl: false });

export const form1 = (server: TestInfluxDb1): InfluxForm => ({
  version: '1.x',
  server,
  mapping: (rights = 'both', database = server.database) => ({
    ...at(server.port),
    database,
    username: server.users[rights === 'wrong' ? 'both' : rights].username,
    password: rights === 'wrong' ? 'canary-password' : server.users[rights].password,
  }),
});

export const form2 = (server: TestInfluxDb2): InfluxForm => ({
  version: '2.x',
  server,
  mapping: (rights = 'both', bucket = server.bucket) => ({
    ...at(server.port),
    organization: server.organization,
    bucket,
    token: rights === 'wrong' ? 'canary-token' : server.tokens[rights],
  }),
});
