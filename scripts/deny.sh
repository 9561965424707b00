#!/usr/bin/env bash
# Bans, licences and sources of all dependencies; advisories where their database can be reached.
set -euo pipefail

if ! cargo deny --version >/dev/null 2>&1; then
  echo "skipped: cargo-deny (not installed: cargo install --locked cargo-deny)"
  exit 0
fi
cargo deny --locked check --hide-inclusion-graph bans licenses sources
if timeout 120 cargo deny --locked fetch db >/dev/null 2>&1; then
  cargo deny --locked check --hide-inclusion-graph --disable-fetch advisories
else
  echo "skipped: advisories (their database cannot be reached from here)"
fi
