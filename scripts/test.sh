#!/bin/sh
# All tests with all their set-up; arguments go to vitest. The results also lie in .cache/test-report.json.
set -eu

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cd "$root"
mkdir -p .cache
rm -f .cache/test-report.json

sh scripts/prepare.sh
node scripts/setup.mjs --for tests --install
npm run --silent typecheck
npm run --silent lint
exec node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json=.cache/test-report.json "$@"
