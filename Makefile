# Everything a contributor runs. Needs Python 3.11 or later and nothing else; takes uv where it finds it.
# `make` alone checks; `make help` lists the rest.

PYTHON ?= python3
WORKERS ?= logical

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
DUCKDB15 := $(VENV)/duckdb-1.5
WEB := web/node_modules/.package-lock.json
CODE := $(wildcard src tests benchmarks examples scripts)
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --maxprocesses 8

ifneq ($(shell command -v uv 2>/dev/null),)
CREATE := uv venv --quiet --python $(PYTHON) $(VENV)
INSTALL := uv pip install --quiet --python $(BIN)/python
else
CREATE := $(PYTHON) -m venv $(VENV)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
endif

.DEFAULT_GOAL := check
.DELETE_ON_ERROR:
.PHONY: check lint types layers page web test test-unit test-duckdb15 demo bench docs format lock wheel setup clean help

check: lint types layers page  ## Check formatting, lint, types, layers and the built page (the default)

lint: $(READY)  ## Check formatting and lint
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)

types: $(READY)  ## Check types
	$(BIN)/mypy $(CODE)

layers: $(READY)  ## Check which package imports which
	PYTHONPATH=src $(BIN)/lint-imports --no-logo

# Node is needed to change the page, never to install or test the package: the built files are committed.
page: $(READY)  ## Check the page's types, tests, and that its committed files are fresh
	$(BIN)/python scripts/keymap.py --check
ifeq ($(shell command -v npm 2>/dev/null),)
	@echo "page: no npm here, so the built page is taken as it is"
else
	@$(MAKE) --no-print-directory $(WEB)
	cd web && npm run --silent types -- --check && npm run --silent check && npm test --silent && npm run --silent build -- --check

web: $(WEB)  ## Build the page into src/eventide/server/static (needs Node)
	cd web && npm run --silent types && npm run --silent check && npm test --silent && npm run --silent build

$(WEB): web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --silent
	@touch $@
endif

test: $(READY)  ## Run all tests
	$(PYTEST)

test-unit: $(READY)  ## Run the quick tests only, in seconds
	$(PYTEST) tests/unit

test-duckdb15: $(DUCKDB15)  ## Run all tests on DuckDB 1.5
	PYTHONPATH=$(CURDIR)/$(DUCKDB15) $(BIN)/python -c 'import duckdb; assert duckdb.__version__ == "1.5.5", duckdb'
	PYTHONPATH=$(CURDIR)/$(DUCKDB15) $(PYTEST)

demo: $(READY)  ## Train a small classifier, tracked
	$(BIN)/python examples/digits_demo.py

bench: $(READY)  ## Measure speed
	$(BIN)/python -m benchmarks

docs: $(READY)  ## Regenerate the reference and check the documents
	$(BIN)/python scripts/reference.py
	$(BIN)/python -m pytest tests/test_docs.py

format: $(READY)  ## Format the code and apply safe fixes
	$(BIN)/ruff check --fix-only $(CODE)
	$(BIN)/ruff format $(CODE)

lock: $(READY)  ## Renew requirements-dev.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --upgrade --all-extras --group dev \
		--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command 'make lock' \
		--output-file requirements-dev.lock pyproject.toml

wheel: $(READY)  ## Build the wheel into dist/
	$(BIN)/python -m hatchling build --target wheel

setup: $(READY)  ## Create .venv with everything needed for development

clean:  ## Remove the environment, caches and builds
	rm -rf $(VENV) web/node_modules dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src tests benchmarks examples scripts -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Eventide needs Python 3.11 or later; try: make PYTHON=python3.12"; exit 1; }
	@$(CREATE) || { rm -rf $(VENV); echo "No environment could be made; on Debian: apt install python3-venv"; exit 1; }

# The stamp makes every later call instant; it is renewed when the dependencies change.
$(READY): pyproject.toml requirements-dev.lock | $(BIN)/python
	$(INSTALL) -r requirements-dev.lock
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# The older DuckDB lies in a folder of its own, ahead of the environment's: no second environment to fill.
$(DUCKDB15): $(READY)
	$(INSTALL) --no-deps --upgrade --target $@ duckdb==1.5.5
	@touch $@
