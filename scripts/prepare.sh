#!/bin/sh
# Installs the packages and builds, each only when needed. Speaks on standard error. Two at once wait for each other.
set -eu

root=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
cd "$root"

say() { echo "holdfast: $*" >&2; }

. scripts/require-node.sh
for tool in npm flock; do
  command -v "$tool" >/dev/null || { say "$tool is needed and not on PATH."; exit 1; }
done

# The lock lies on an existing file and ends with this process.
exec 9<package.json
flock 9

if [ ! -e node_modules/.package-lock.json ] || [ -n "$(find package-lock.json -newer node_modules/.package-lock.json)" ]; then
  # npm ci empties node_modules: by a link that would be another clone's.
  if [ -L node_modules ]; then
    say "node_modules is a link to $(readlink -- node_modules): npm ci would delete what is there. Remove the link, then call again."
    exit 1
  fi
  say 'installing packages (npm ci) …'
  npm ci --include=dev --no-audit --no-fund --loglevel=error >&2
  touch node_modules/.package-lock.json
fi
if [ ! -e dist/built ] || [ -n "$(find src scripts/build.mjs tsconfig.json tsconfig.build.json package-lock.json -newer dist/built -print -quit)" ]; then
  say 'building …'
  node scripts/build.mjs >&2
fi
