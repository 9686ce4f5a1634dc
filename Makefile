# Stillon's few commands. They need make and a Python of 3.11 or newer, nothing else.
#
#   make run        the demo: a practice with a past, its service, and a page of phones
#   make test       everything CI checks: static checks, then all tests on both engines
#   make test-long  the tests that take their time: killed and frozen processes, hours of a failing carrier
#   make check      the static checks alone
#   make kill-nine  a thousand texts and processes killed again and again, on both engines; some minutes
#   make simulate   weeks of a practice under a fake clock and every fault, each promise asserted at every commit:
#                   SEEDS=1000 WORKERS=2; make simulate-mutations plants mistakes of ours and counts those it finds
#   make experiment R=R1   one experiment with real processes and faults: SEEDS=5 ENGINE=sqlite SIZE=10000, as JSON in
#                   build/experiments; docs/experiments.md tells of each (R1 R3 R6 R8 R9 R10 R10HOSTS R23 R24 R25 R26 SCALE)
#   make bench      every benchmark below, one after the other; figures in build/bench (docs/performance.md)
#   make bench-dispatch bench-carrier bench-inbound bench-claim bench-book bench-plan bench-feel bench-soak bench-peers
#   make train      train the scorers of distress and of replies anew from their corpora (docs/understanding.md)
#   make diagrams   draw the diagrams of docs/ anew from the code's tables
#   make lock       write the hashed locks anew after a change in pyproject.toml
#   make clean      remove what the commands above created

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
LOCK_VENV := build/lock
TESTS ?= tests
WORKERS ?= 2
comma := ,

# --no-compile halves the time of a first install; Python compiles what it imports anyway.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes
LOCK := $(LOCK_VENV)/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header pyproject.toml --group build

.PHONY: help run test test-long check kill-nine experiment simulate simulate-waitlist simulate-mutations diagrams train lock clean bench bench-dispatch bench-carrier \
  bench-inbound bench-claim bench-book bench-plan bench-feel bench-soak bench-peers

help:
	@sed -n '3,/^$$/s/^#   //p' Makefile

run: $(VENV)/ready-to-run
	@exec $(BIN)/stillon demo $(ARGS)

test: check
	@$(BIN)/python -m pytest -q -n $(WORKERS) --dist worksteal -m "not long" $(TESTS) $(ARGS)

test-long: $(VENV)/ready-to-test
	@$(BIN)/python -m pytest -q -m long $(TESTS) $(ARGS)

check: $(VENV)/ready-to-test
	@failed=0; for step in "ruff check ." "ruff format --check ." mypy "lint-imports --no-logo"; do \
	  $(BIN)/$$step || failed=1; \
	done; exit $$failed

kill-nine: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.flows.kill_nine $(ARGS)

experiment: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.experiments $(or $(R),R1) --seeds $(or $(SEEDS),1) --engine $(or $(ENGINE),both) \
	  $(if $(SIZE),--size $(SIZE)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(ARGS)

simulate: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.simulation --seeds $(or $(SEEDS),1000) --workers $(WORKERS) $(ARGS)

# A waitlist of WEEKS weeks by each policy, for SEEDS seeds: figures to build/waitlist, plots to docs/images. A year of
# twenty clinicians takes a quarter of an hour for each policy and seed; WEEKS=8 SEEDS=3 is a first look.
simulate-waitlist: $(VENV)/ready-to-run
	@mkdir -p build/waitlist
	@for seed in $$(seq 1 $(or $(SEEDS),50)); do for policy in stillon serial broadcast; do \
	  $(BIN)/stillon simulate waitlist --weeks $(or $(WEEKS),52) --seed $$seed --policy $$policy --json $(ARGS) \
	    > build/waitlist/$$policy-$$seed.json || exit 1; done; done
	@$(BIN)/python docs/draw_waitlist.py build/waitlist

simulate-mutations: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.simulation.mutants --seeds $(or $(SEEDS),12) --workers $(WORKERS) $(ARGS)

train: $(VENV)/ready-to-test
	@$(BIN)/python -m tests.understanding.train
	@$(BIN)/python -m tests.understanding.train_replies

BENCHES := dispatch carrier inbound claim book plan feel match peers
BENCH := $(BIN)/python -m tests.load

bench: $(BENCHES:%=bench-%)

# PENDING=5000000 adds a size; MESSAGES=, REPEATS= and ENGINES=sqlite make it shorter.
bench-dispatch: $(VENV)/ready-to-test
	@$(BENCH) dispatch $(if $(MESSAGES),--messages $(MESSAGES)) $(if $(REPEATS),--repeats $(REPEATS)) \
	  $(if $(ENGINES),--engines $(ENGINES)) $(if $(PENDING),--pending 10000$(comma)1000000$(comma)$(PENDING)) $(ARGS)
	@$(BENCH) dispatch --latency-ms 80 --pending 10000 --repeats 1 $(if $(MESSAGES),--messages $(MESSAGES)) \
	  $(if $(ENGINES),--engines $(ENGINES))

bench-carrier bench-inbound bench-claim bench-book bench-plan bench-feel bench-soak bench-match: bench-%: $(VENV)/ready-to-test
	@$(BENCH) $* $(ARGS)

# The queues ours is compared with live in an environment of their own.
bench-peers: $(VENV)/ready-to-test build/peers/ready
	@$(BENCH) peers $(ARGS)

build/peers/ready: $(VENV)/created tests/load/peers.txt
	@$(BIN)/python -m venv --clear build/peers
	@build/peers/bin/python -m pip install --quiet --disable-pip-version-check -r tests/load/peers.txt
	@touch $@

# Each file below says "done up to here", so that a second run starts at once.
$(VENV)/created:
	@for python in $${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14}; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
	    echo "Creating $(VENV) with $$("$$python" --version)."; \
	    if ! "$$python" -m venv --clear $(VENV); then \
	      echo "This Python cannot create environments. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
	      exit 1; \
	    fi; \
	    touch $@; \
	    exit 0; \
	  fi; \
	done; \
	found="$$($${PYTHON:-python3} --version 2>&1 || true)"; \
	echo "Stillon needs Python 3.11 or newer; $${PYTHON:-python3} says: $${found:-nothing}" >&2; \
	echo "Install one, or name it: make run PYTHON=/path/to/python3.11" >&2; \
	exit 1

$(VENV)/ready-to-run: $(VENV)/created requirements/run.txt pyproject.toml
	@echo "Installing what Stillon needs (once; about half a minute)."
	@$(INSTALL) -r requirements/run.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready-to-test: $(VENV)/ready-to-run requirements/dev.txt
	@echo "Installing what the tests need (once)."
	@$(INSTALL) -r requirements/dev.txt
	@touch $@

diagrams: $(VENV)/ready-to-run
	@$(BIN)/python docs/draw_states.py

# Kept versions stay unless you ask: make lock UPGRADE=--upgrade
lock: $(LOCK_VENV)/ready
	@$(LOCK) $(UPGRADE) -o requirements/run.txt
	@$(LOCK) $(UPGRADE) --group dev -c requirements/run.txt -o requirements/dev.txt
	@echo "requirements/run.txt and requirements/dev.txt are written."

$(LOCK_VENV)/ready: $(VENV)/created requirements/lock.txt
	@$(BIN)/python -m venv --clear $(LOCK_VENV)
	@$(LOCK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/lock.txt
	@touch $@

clean:
	@rm -rf $(VENV) .demo build dist *.egg-info .hypothesis .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find bot messages migrations scheduler tests waitlist -name __pycache__ -type d -prune -exec rm -rf {} +
