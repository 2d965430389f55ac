# `make help` lists the targets.  Nothing is needed but python3 (3.11 to 3.14) and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PEERS := .venv-peers
PACKAGES := config store crawlers pipeline search scheduler cli
# One more than there are cores: many tests wait for a server or a clock.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
COMPILE = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --quiet \
  --no-emit-find-links --no-emit-index-url --no-header --no-annotate

.DEFAULT_GOAL := help
.PHONY: env run test soak demo bench bench-es quality fmt lock help

env: $(READY)  ## make .venv and put the marsad command into it

# The lock names what was tested; the stamp makes a second call a no-op.
$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; ok = (3, 11) <= sys.version_info[:2] <= (3, 14); sys.exit(0 if ok else f"Python {sys.version.split()[0]} found; 3.11 to 3.14 needed: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing into $(VENV) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: env  ## collect what is due from the catalogue, index it, and say what to try
	@$(BIN)/python -m cli.run

demo: env  ## the same on a small invented press, offline
	@$(BIN)/marsad demo

test: env  ## everything that CI runs
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not soak"

soak: env  ## the tests that take minutes each
	@$(BIN)/python -m pytest -m soak

quality: env $(PEERS)/.ready  ## precision and recall on the labelled data, extraction beside its peers
	@$(BIN)/python -m tests.quality

# The peers keep to themselves: nothing of theirs ever comes near the product.
$(PEERS)/.ready: requirements-peers.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@echo "installing the peers into $(PEERS) …"
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r requirements-peers.lock
	@touch $@

bench: env $(PEERS)/.ready  ## the figures of docs/performance.md
	@$(BIN)/python -m tests.benchmarks

bench-es: env  ## the figures of docs/elasticsearch.md, on the server of the tests (BENCH_ES="--articles 1000000")
	@$(BIN)/python -m tests.benchmarks.bench_elasticsearch $(BENCH_ES)

fmt: env  ## format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: env  ## resolve requirements.lock again from pyproject.toml
	@$(BIN)/python -m pip install --quiet uv
	@$(COMPILE) pyproject.toml --group dev --output-file requirements.lock
	@$(COMPILE) --group peers --output-file requirements-peers.lock
	@$(COMPILE) pyproject.toml deploy/requirements.in --extra es --extra postgresql \
	  --constraints requirements.lock --output-file deploy/requirements.lock

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## ?/  make \1\t/' | expand -t 16
