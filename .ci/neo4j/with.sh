#!/usr/bin/env bash
# Runs a command beside a Neo4j server of its own (up.sh), which ends with it: with.sh COMMAND…
# The server's folder is removed; its jars are kept where CHRONOKG_CI_CACHE says.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=$(mktemp -d)
trap '[ ! -f "$work/neo4j/pid" ] || kill "$(cat "$work/neo4j/pid")" 2>/dev/null; rm -rf "$work"' EXIT
port=$("$root/.venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
PATH="$root/.venv/bin:$PATH" PYTHON="$root/.venv/bin/python" \
  "$root/.ci/neo4j/up.sh" "$work/neo4j" "$port" "${CHRONOKG_CI_CACHE:-$work/jars}" > "$work/env"
# shellcheck source=/dev/null
source "$work/env"
"$@"
