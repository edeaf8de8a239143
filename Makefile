# ESI AI Helpdesk. `make help` tells what there is.
SHELL := /bin/bash
# SwiftPM orders some compiler arguments by hash; a fixed hash keeps it from compiling dependencies again for nothing.
export SWIFT_DETERMINISTIC_HASHING := 1
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

BIN := .build/debug
# `make up` and `make test` share one debug build.
BUILD := swift build --build-tests

.PHONY: help deps build docs-ui contract contract-short up down status verify torture test model test-unit test-integration chaos chaos-short fuzz \
	sanitize verify-all bench lint format release clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-18s %s\n", $$1, $$2}'

deps: ## Install the system packages (Debian: librdkafka, libpq, PostgreSQL 15; never creates a cluster)
	@deploy/local/system-packages.sh

build: deps ## Build everything in debug, tests included (5 to 30 minutes the first time, seconds later)
	@if [ ! -d .build/debug ]; then echo "First build: every dependency is compiled once. Expect 5 to 30 minutes on two cores; progress follows."; fi
	@$(BUILD)

docs-ui: ## Fetch Swagger UI for /docs from PyPI (once; `make up` tries it too)
	@deploy/local/docs-ui.sh

up: build ## Start the whole stack on this machine and feed it sample tickets; Ctrl-C ends it
	@deploy/local/docs-ui.sh --optional
	@exec $(BIN)/helpdesk up $(ARGS)

down: ## Drain and stop the running stack
	@$(BIN)/helpdesk down

status: ## What runs, where, and how it is doing
	@$(BIN)/helpdesk status

verify: ## Check the invariants of the running stack
	@$(BIN)/helpdesk verify

torture: build ## Feed, kill processes at random for FOR seconds (60), then check the invariants
	@$(BIN)/helpdesk torture --seconds $(or $(FOR),60)

test: model test-unit test-integration contract-short chaos-short ## Every test (see README for how long it takes)

contract-short: build ## Hold a running gateway against its OpenAPI document, as every role: about 2 minutes, SEED=1
	@Tests/Contract/contract.sh short

contract: build ## The same with 20,000 generated requests
	@Tests/Contract/contract.sh long

model: deps ## Check the protocol model (inbox, outbox, offsets, rebalance) with Spin; LONG=long for more faults
	@Tests/Chaos/Model/check.sh $(LONG)

test-unit: build ## The tests that need no processes of ours
	@swift test --skip-build --skip EndToEndTests --experimental-maximum-parallelization-width 8

test-integration: build ## Real processes, real PostgreSQL, Kafka protocol over TCP; faults included
	@swift test --skip-build --no-parallel --filter EndToEndTests

chaos: deps ## Harm a whole pipeline by a schedule of 56 faults over 100,000 events (half an hour), then judge it; SEED= replays
	@HELPDESK_FAULT_POINTS=1 swift build -c release --scratch-path .build-chaos
	@exec .build-chaos/release/chaos --mode long $(if $(SEED),--seed $(SEED)) $(ARGS)

chaos-short: build ## The same in three to four minutes, with about seven faults
	@exec $(BIN)/chaos --mode short --seed $(or $(SEED),1) $(ARGS)

fuzz: deps ## A million hostile inputs for every reader, in an optimised build of its own; INPUTS= SEED= SECONDS_EACH= JOBS= SUBJECT=
	@echo "optimised build of the tests in .build-fuzz (10 to 30 minutes the first time)"
	@swift build -c release --build-tests -Xswiftc -enable-testing --scratch-path .build-fuzz
	@Tests/FuzzTests/fuzz.sh $(SUBJECT)

bench: release ## Measure speed against its targets and peers (needs wrk, python3-venv); ROWS=gateway,triage for some, ARGS=--long for all
	@exec $$(Tests/Python/environment.sh bench.txt) Tests/Benchmarks/bench.py $(if $(ROWS),--rows $(ROWS)) $(ARGS)

sanitize: deps ## Unit and integration tests under ThreadSanitizer, then AddressSanitizer, each with its own build (KIND=thread, FILTER=)
	@Tests/Sanitize/sanitize.sh $(KIND)

verify-all: ## Everything that CI is too short for, one after another, with a list of what failed (a day on two cores)
	@Tests/verify-all.sh

lint: ## Check the formatting (swift format) and the repository's own rules
	@swift format lint --strict --recursive --parallel Package.swift Sources Tests deploy
	@deploy/local/check-repository.sh

format: ## Format the sources in place
	@swift format format --in-place --recursive --parallel Package.swift Sources Tests deploy

# Linked with the Swift runtime inside: less memory for pages of code, and nothing of Swift to install where they run.
release: deps ## Build the executables for production (10 to 20 minutes the first time)
	@swift build -c release $(if $(filter Linux,$(shell uname -s)),--static-swift-stdlib)

clean: ## Remove the builds
	@rm -rf .build .build-*
