#!/usr/bin/env bash
# Does discovery keep its promises? The simulation studies at length; their figures go to docs/evidence/discovery-studies.json.
# usage: scripts/discovery-studies.sh [RUNS]    (default: 1000)
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-1000}
commit=$(git rev-parse --short HEAD)$(git diff --quiet HEAD -- crates || echo ' and changes')
machine="$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"
cargo test --locked --quiet --profile soak --package brix-insight --test insight --no-run
log=$(mktemp)
started=$SECONDS
status=0
BRIX_STUDIES=$runs cargo test --locked --profile soak --package brix-insight --test insight -- studies:: --nocapture --test-threads 2 2>&1 \
  | tee "$log" || status=$?
mkdir -p docs/evidence
{
  printf '{\n "command": "scripts/discovery-studies.sh %s",\n "runs": %s,\n "seeds": "written in crates/insight/tests/insight/discover/studies.rs",\n' "$runs" "$runs"
  printf ' "passed": %s,\n "seconds": %s,\n "date": "%s",\n "commit": "%s",\n "machine": "%s",\n "figures": [\n' \
    "$([ "$status" = 0 ] && echo true || echo false)" "$((SECONDS - started))" "$(date -u +%F)" "$commit" "$machine"
  sed -n 's/^.*FIGURE \({.*}\)$/  \1/p' "$log" | sort | sed '$!s/$/,/'
  printf ' ]\n}\n'
} > docs/evidence/discovery-studies.json
rm -f "$log"
exit "$status"
