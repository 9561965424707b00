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
if [ -z "${BRIX_PROGRAM:-}" ]; then cargo build --locked --release --package brix; fi
program=${BRIX_PROGRAM:-${CARGO_TARGET_DIR:-$root/target}/release/brix}

rm -rf "$demo"
mkdir -p "$demo"
cd "$demo"

step "1. A product with a known truth: who meets a stated rule buys five times as often"
brix simulate --scenario planted --users 5000 --seed 7 --out export

step "2. Look at the files and set up: zone, currency, what a conversion is, what is not use of the product"
brix init export --mapping export/mapping.yaml
# Two of its doubts are settled here. Only people know such things.
sed -i.proposed -e 's/^# competitor_domains: .*/competitor_domains: [riptide.example]/' \
  -e 's/^#   Page Viewed:/  Page Viewed:/' brix.yaml
rm brix.yaml.proposed

step "3. Import into the lake, and see what is inside"
brix import export --mapping export/mapping.yaml
brix data

step "4. Check two of the shipped definitions against what the lake holds"
brix check "${templates[@]}"

step "5. Prove them on the history"
brix backtest "${templates[@]}" --html report.html

step "The report: $demo/report.html"
