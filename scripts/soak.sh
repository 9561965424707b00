#!/usr/bin/env bash
# The random tests at length. Each run's figures go to docs/evidence/soak-NAME.json with seed, commit and machine.
# usage: scripts/soak.sh [NAME ...]    (default: all)
set -euo pipefail
cd "$(dirname "$0")/.."

cases=${BRIX_CASES:-1000000}
kills=${BRIX_KILLS:-200}
inputs=${BRIX_INPUTS:-10000000}
seed=${BRIX_FIRST_SEED:-0}
commit=$(git rev-parse --short HEAD)$(git diff --quiet HEAD -- crates || echo ' and changes')
machine="$(nproc) cores, $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)"

# soak NAME PACKAGE TARGET FILTER WHAT: runs tests of a package in the soak profile, and writes what came out.
soak() {
  local name=$1 package=$2 target=$3 filter=$4 what=$5
  if [ ${#wanted[@]} -gt 0 ] && [[ ! " ${wanted[*]} " == *" $name "* ]]; then return; fi
  cargo test --locked --quiet --profile soak --package "$package" --test "$target" --no-run
  local log started=$SECONDS status=0
  log=$(mktemp)
  cargo test --locked --profile soak --package "$package" --test "$target" -- "$filter" --nocapture 2>&1 | tee "$log" || status=$?
  local passed failed
  passed=$(sed -n 's/^test result: .* \([0-9]*\) passed.*/\1/p' "$log" | tail -1)
  failed=$(sed -n 's/^test result: .* \([0-9]*\) failed.*/\1/p' "$log" | tail -1)
  local figures
  figures=$(sed -n 's/^.*FIGURE \({.*}\)$/  \1/p' "$log" | sed '$!s/$/,/')
  # A run that tells no figures has no list of them.
  if [ -n "$figures" ]; then figures=$(printf ',\n "figures": [\n%s\n ]' "$figures"); fi
  mkdir -p docs/evidence
  cat > "docs/evidence/soak-$name.json" <<JSON
{
 "what": "$what",
 "command": "scripts/soak.sh $name",
 "first_seed": $(sed -n 's/^BRIX_SEED=//p' "$log" | tail -1 | grep . || echo "$seed"),
 "passed": ${passed:-0},
 "failed": ${failed:-1},
 "seconds": $((SECONDS - started)),
 "date": "$(date -u +%F)",
 "commit": "$commit",
 "machine": "$machine"$figures
}
JSON
  rm -f "$log"
  return "$status"
}

wanted=("$@")
export BRIX_CASES=$cases BRIX_KILLS=$kills BRIX_INPUTS=$inputs BRIX_FIRST_SEED=$seed
soak engine brix-engine agree properties:: \
  "engine = oracle on $cases random cases, screens on as many; states cut and resumed on half, order and duplicates on a fifth, explanations on a tenth of them"
soak store-kills brix-store ports kills:: "the log's and the ledger's process killed $kills times each at random moments"
soak store-power brix-store ports power_loss:: "power lost at about $((kills * 4)) moments of a log's and of a ledger's work"
BRIX_KILLS=$((kills * 3 / 2)) soak server-kills brix serve kills:: \
  "the server killed $((kills * 3 / 2)) times at random moments under load: every acknowledged event there once, no lead lost or doubled, every webhook sent with one id"
BRIX_HISTORIES=whole soak server-histories brix serve equality:: \
  "the whole 365 set and a product of 2,000 people through the API, shuffled, with copies, kills and stops, against the same from files"
soak kills brix-history lake crash::killed_at_any_moment "the importer killed $kills times at random moments"
soak sources brix-connect sources fuzz:: \
  "$inputs messages of vendors' clients, damaged at random in bytes and in structure, sent to every source: no panic, each counted, none slow or out of proportion"
