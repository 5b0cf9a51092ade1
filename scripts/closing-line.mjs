// Prints `N passed, N failed` from the last test report. Whatever else went wrong (no report, a file that did not load, lint) is a failure too.
//   node scripts/closing-line.mjs EXIT_STATUS
import { readFileSync } from 'node:fs';

const status = Number(process.argv[2]);
const { passed, failed } = counts();
console.log(`${passed} passed, ${status === 0 ? failed : Math.max(failed, 1)} failed`);

function counts() {
  try {
    const report = JSON.parse(readFileSync(new URL('../.cache/test-report.json', import.meta.url), 'utf8'));
    const notLoaded = report.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    return { passed: report.numPassedTests, failed: report.numFailedTests + notLoaded };
  } catch {
    return { passed: 0, failed: 1 };
  }
}
