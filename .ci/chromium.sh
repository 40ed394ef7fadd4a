#!/usr/bin/env bash
# Prints where a Chromium is that tests of Prefect's pages can drive; on Debian it is installed where there is none and we may.
set -euo pipefail

found() { command -v chromium || command -v chromium-browser || command -v google-chrome; }

found && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  { apt-get update && apt-get install --yes --no-install-recommends chromium; } >/dev/null 2>&1 || true
fi
found || { echo "There is no Chromium, and it could not be installed: tests that need one are skipped." >&2; exit 1; }
