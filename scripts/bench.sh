#!/bin/sh
# Measures the figures of the README. Needs restic and borg as peers: installed here where apt can.
set -eu
cd "$(dirname "$0")/.."
sh scripts/prepare.sh
for peer in restic:restic borg:borgbackup; do
  command -v "${peer%%:*}" >/dev/null && continue
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq && apt-get install -y -qq "${peer##*:}"
  else
    echo "bench: ${peer%%:*} is missing; install the package ${peer##*:}" >&2
    exit 1
  fi
done

exec node --import tsx test/bench/main.ts "$@"
