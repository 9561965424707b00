#!/usr/bin/env bash
# From nothing to a proven definition, on the simulated history of a product, and on to a server that tells of leads as they
# come: what the README's first page shows.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
demo=${BRIX_DEMO:-$root/target/demo}
seconds=${BRIX_DEMO_SECONDS:-20}
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

step "6. Serve the first of them on the same history, while half a year of another product happens in $seconds s"
mkdir definitions
cp "${templates[0]}" definitions
cat > server.toml <<'TOML'
listen = "127.0.0.1:8473"
lake = "lake"
[[sources]]
name = "app"
vendor = "segment"
keys = ["env:BRIX_WRITE_KEY"]
[[api_keys]]
name = "demo"
scope = "read"
key = "env:BRIX_API_KEY"
TOML
BRIX_WRITE_KEY=$("$program" key 2> key.txt)
BRIX_API_KEY=$("$program" key 2>> key.txt)
export BRIX_WRITE_KEY BRIX_API_KEY
printf '$ brix serve\n' >&2
"$program" serve 2> server.log &
server=$!
follower=
trap 'kill $server $follower 2> /dev/null || true' EXIT
# What is history is taken up first, in silence: its leads are there, and nobody is told.
until [ "$("$program" leads --most 1 --format csv 2> /dev/null | wc -l)" -gt 1 ]; do
  if ! kill -0 $server 2> /dev/null; then cat server.log >&2; exit 1; fi
  sleep 0.1
done
printf '$ brix leads --follow\n' >&2
"$program" leads --follow &
follower=$!
sleep 0.5
brix simulate --scenario planted --users 150 --seed 8 --send http://127.0.0.1:8473 --seconds "$seconds"
sleep 1
kill $follower
wait $follower 2> /dev/null || true
brix status

step "7. Whoever is worth a call and has not been called, the highest score first"
brix leads --state new --sort score --most 10
kill $server
wait $server || { cat server.log >&2; exit 1; }

step "The report: $demo/report.html; the server's settings: $demo/server.toml"
