import { openSqliteCatalog } from '../../src/providers/catalog/sqlite-catalog.js';
import { destinationRecord, hostRecord, sourceRecord } from './noted-records.js';

/** A worker that notes until it is killed: each noting the parts of one host, named after its number, that belong together. */
const [file, first] = process.argv.slice(2) as [string, string];
const catalog = await openSqliteCatalog(file, (_aside, reason) => {
  throw new Error(reason);
});
process.stdout.write('begins\n');
for (let number = Number(first); ; number += 1) {
  const sources = Array.from({ length: 400 }, (_, at) =>
    sourceRecord({ id: `${number}/${at}`, host: `host${number}`, source: `source${at}` }),
  );
  const ofHost = hostRecord({ id: `${number}/host`, host: `host${number}` });
  const filling = destinationRecord({ id: `${number}/destination`, destination: `disk${number}` });
  await catalog.history.note([...sources, ofHost, filling], { configPath: '/etc/holdfast/config.yaml', send: true });
  process.stdout.write(`${number}\n`);
}
