#!/bin/sh
# All tests with all their set-up, after types, lint and format; arguments go to vitest. The results also lie in .cache/test-report.json.
set -eu

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cd "$root"
mkdir -p .cache
rm -f .cache/test-report.json

sh scripts/prepare.sh
node scripts/setup.mjs --for tests --install

# A wrong comma must not hide what the tests say.
status=0
npm run --silent typecheck || status=1
npm run --silent lint || status=1
node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json=.cache/test-report.json "$@" || status=1
exit $status
