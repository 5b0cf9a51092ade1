# Sourced: ends the script when Node.js is missing or too old.
node_version=$(node --version 2>/dev/null || echo none)
case $node_version in
  v20.[2-9][0-9].* | v2[1-9].* | v[3-9][0-9].*) ;;
  *)
    echo "holdfast: Node.js 20.20 or newer is needed; found: $node_version. See https://nodejs.org/en/download" >&2
    exit 1
    ;;
esac
