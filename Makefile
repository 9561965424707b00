# The doors of the house. Each tool that is optional says so when it is missing and skipped; nothing else is.

CARGO ?= cargo
# In CI all tests run to the end, at home the first failure stops.
NEXTEST_PROFILE ?= $(if $(CI),ci,default)

.PHONY: help demo test lint fmt fmt-check clippy tidy docs deny tools tests bench bench-full soak

help: ## What can be made
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 20

demo: ## Simulate a product, import its history, prove two definitions on it, serve one of them to live traffic
	@scripts/demo.sh

test: fmt-check deny clippy tidy docs tools tests ## Everything that must hold before a change lands

lint: fmt-check deny clippy tidy docs ## The same without the tests

fmt: ## Format all code
	$(CARGO) fmt --all

fmt-check:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings

tidy: ## Say what breaks the rules of the house
	$(CARGO) run --locked --quiet --package xtask -- tidy

# Links between items in the documentation of the code, which is made with its private items.
docs:
	RUSTDOCFLAGS='-D warnings -A rustdoc::private-intra-doc-links' $(CARGO) doc --locked --quiet --workspace --no-deps --document-private-items

deny:
	@scripts/deny.sh

# A passing test is silent, so what the tests will skip is said here.
tools:
	@python3 -c 'import duckdb, polars' 2>/dev/null \
	  || echo 'skipped: reading the lake from Python (needs python3 with tests/requirements.txt)'
	@python3 -c 'import standardwebhooks' 2>/dev/null \
	  || echo 'skipped: webhooks checked by a receiver (needs python3 with tests/requirements.txt)'
	@python3 -c 'import schemathesis' 2>/dev/null \
	  || echo 'skipped: the API held to its document (needs python3 with tests/requirements.txt)'
	@python3 -c 'import amplitude, mixpanel, posthog, rudderstack, segment' 2>/dev/null \
	  || echo "skipped: vendors' clients in Python (needs python3 with tests/sdk/requirements.txt)"
	@node --version >/dev/null 2>&1 && test -d "$$BRIX_SDKS/node_modules" \
	  || echo "skipped: vendors' clients in Node (needs node, and BRIX_SDKS: a folder with tests/sdk/package.json installed)"
	@command -v chromium >/dev/null 2>&1 || test -n "$$CHROMIUM" \
	  || echo "skipped: Segment's browser SDK in Chromium (needs chromium, or CHROMIUM: the path of one)"
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 \
	  || echo 'skipped: pulls from PostgreSQL (needs the Debian package postgresql)'
	@test -d ../shared || echo 'skipped: the known answers on real data (they lie in ../shared)'

tests:
	@if $(CARGO) nextest --version >/dev/null 2>&1; \
	then $(CARGO) nextest run --locked --workspace --profile $(NEXTEST_PROFILE); \
	else $(CARGO) test --locked --workspace; fi

bench: ## 20 million events against other engines
	bench/run 20

bench-full: ## 100 million events against other engines
	bench/run 100

soak: ## The long runs: a million random cases, 200 kills, ten million damaged messages, studies of discovery; writes docs/evidence
	@scripts/soak.sh
	@scripts/discovery-studies.sh
