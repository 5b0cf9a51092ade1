#!/bin/sh
# Builds InfluxDB 2.7 for tests and puts it into DIRECTORY as influxd2:  sh scripts/build-influxdb2.sh DIRECTORY
# Debian has no package of it. Its source comes from the Go module proxy, that of its language Flux with it, and Rust crates for Flux from crates.io.
# Needs go (1.23 or newer), cargo, a C compiler and pkg-config.
set -eu

PROGRAM=github.com/influxdata/influxdb/v2/cmd/influxd
VERSION=v2.7.12
# What upstream's go.mod replaces; `replace` counts only in the main module, which is ours here.
STREAMING='github.com/nats-io/nats-streaming-server v0.11.2 => github.com/influxdata/nats-streaming-server v0.11.3-0.20201112040610-c277f7560803'

directory=$1
say() { echo "holdfast: $*" >&2; }

missing=
for tool in go cargo cc pkg-config flock; do
  command -v "$tool" >/dev/null || missing="$missing $tool"
done
[ -z "$missing" ] || { say "InfluxDB 2.7 is built from source; not on PATH:$missing (go: https://go.dev/dl, cargo: https://rustup.rs)"; exit 1; }

mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
# Beside its place, so that the last step is a rename.
work=$directory/.build-influxd2
# Two at once would both take minutes: the second waits, and then has it. The lock ends with this process.
begun=$(date +%s)
exec 9>"$directory/.build-influxd2.lock"
flock 9
if [ -x "$directory/influxd2" ] && [ "$(stat -c %Y "$directory/influxd2")" -ge "$begun" ]; then exit 0; fi
# Copies from the module cache are read-only.
discard() { [ ! -d "$work" ] || chmod -R u+w "$work"; rm -rf "$work"; }
# Of one that was killed.
discard
trap discard EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work"
cd "$work"

cat >go.mod <<END
module influxd2
go 1.23.0
require github.com/influxdata/influxdb/v2 $VERSION
replace $STREAMING
END
# Not what this user has set for other builds.
export GOFLAGS='-mod=mod -buildvcs=false' GOWORK=off
# Fetches all that it is made of.
go list -deps -tags noassets "$PROGRAM" >/dev/null 2>fetched || { cat fetched >&2; exit 1; }

# Flux is a Rust library. Upstream pins an old compiler and takes each warning for an error; newer compilers warn of more.
flux=$(go list -m -f '{{.Dir}}' github.com/influxdata/flux)
mkdir flux lib
cp -R "$flux/libflux" "$flux/stdlib" flux/
chmod -R u+w flux
rm -f flux/libflux/rust-toolchain flux/libflux/rust-toolchain.toml
(cd flux/libflux && RUSTFLAGS='--cap-lints allow' cargo build --quiet --release --locked --target-dir target -p flux)
cp flux/libflux/target/release/libflux.a lib/

cat >flux.pc <<END
Name: flux
Description: the Flux language
Version: $(go list -m -f '{{.Version}}' github.com/influxdata/flux | tr -d v)
Cflags: -I$work/flux/libflux/include
Libs: -L$work/lib -lflux -ldl -lpthread -lm -lrt
END
# Go's build cache knows a package by CGO_LDFLAGS and not by what pkg-config says: without it, it would look for Flux where another build had it.
# noassets: no web interface.
PKG_CONFIG_PATH=$work CGO_LDFLAGS="-L$work/lib" go build -tags noassets -ldflags "-s -w -X main.version=$VERSION" -o influxd2 "$PROGRAM"

./influxd2 version >&2
mv influxd2 "$directory/influxd2"
