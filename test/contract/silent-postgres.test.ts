import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCatalogs } from '../../src/providers/catalog/open-catalogs.js';
import { startPostgres, type TestPostgres } from '../support/postgres.js';

/** Between the catalog and its server: a link that goes dark, as one does when a machine is gone, and nobody says that it is over. */
let link: Server;
let isDark = false;
let postgres: TestPostgres;
const sockets = new Set<Socket>();
beforeAll(async () => {
  postgres = await startPostgres();
  link = createServer((near) => {
    const far = connect(join(postgres.directory, '.s.PGSQL.5432'));
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
      from.on('data', (data) => void (isDark || to.write(data)));
    }
  });
  await new Promise<void>((resolve) => link.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  link.close();
  await postgres.stop();
});

test('a server that says nothing any more costs seconds, and is asked anew when it is there again', async () => {
  const { port } = link.address() as AddressInfo;
  const catalogs = openCatalogs({
    directory: '/nowhere',
    readSecret: async () => `postgres://holdfast@127.0.0.1:${port}/postgres`,
    onReplaced: () => undefined,
  });
  const plan = { type: 'postgres', url: { env: 'URL' } } as const;
  const count = () => catalogs.use(plan, ({ history }) => history.countDropped());
  expect(await count()).toBe(0);
  isDark = true;
  await expect(count()).rejects.toThrow(/timeout/i);
  isDark = false;
  expect(await count()).toBe(0);
}, 40_000);
