/** A worker of its own that writes the textfile over and over, to be killed: `node --import tsx textfile-process.ts CONFIG STATE-DIRECTORY`. */
import { writeTextfile } from '../../../src/activities/history/textfile.js';
import { openCatalogs } from '../../../src/providers/catalog/open-catalogs.js';
import { fleetText } from '../../../src/providers/metrics/prometheus.js';

const [, , configPath = '', directory = ''] = process.argv;
const catalogs = openCatalogs({ directory, readSecret: async () => '', onReplaced: () => undefined });
const log = (_level: string, message: string, fields?: object): void => {
  throw new Error(`${message} ${JSON.stringify(fields)}`);
};
for (;;) {
  await writeTextfile({ catalogs, fleetText, holdfastVersion: '1.2.3' }, { log }, configPath);
  process.stdout.write('written\n');
}
