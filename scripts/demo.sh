#!/usr/bin/env bash
# From nothing to a proven definition, on the simulated history of a product: what the README's first page shows.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
demo=${BRIX_DEMO:-$root/target/demo}
templates=("$root/definitions/project-management.yaml" "$root/definitions/minimum-viable.yaml")

step() { printf '\n\033[1m%s\033[0m\n' "$1" >&2; }
brix() { printf '$ brix %s\n' "${*//$root\//}" >&2; "$program" "$@"; }

step "Build (some minutes the first time)"
cargo build --locked --release --package brix
program=${CARGO_TARGET_DIR:-$root/target}/release/brix

rm -rf "$demo"
mkdir -p "$demo"
cd "$demo"

step "1. A product with a known truth: who reaches its value buys more often"
brix simulate --scenario planted --seed 7 --out export

step "2. Set up: brix.yaml from a look at the data"
brix init export

step "3. Import into the lake"
brix import export

step "4. Check two of the shipped definitions against what the lake holds"
brix check "${templates[@]}"

step "5. Prove them on the history"
brix backtest "${templates[@]}" --html report.html

step "The report: $demo/report.html"
