# Every target works in a fresh clone; none needs an active environment.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
MAKEFLAGS += --no-print-directory

PY := .venv/bin/python
PIP := $(PY) -m pip install -qq --disable-pip-version-check
STAMP := .venv/setup-done

# A copied tree or a vanished interpreter invalidates the environment: the stamp holds the tree's own path.
ifneq ($(shell [ -x $(PY) ] && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

.PHONY: help setup run test test-all lint types check bench reference lock clean

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do printf '%-16s %s\n' "$$name" "$$text"; done

setup: $(STAMP) ## make .venv from the lock (silent when already done)
	@:

$(STAMP): pyproject.toml requirements.lock
	@[ "$$(cat $@ 2>/dev/null)" = "$(CURDIR)" ] && $(PY) -c '' 2>/dev/null || { \
	    for python in python3.11 python3; do \
	        $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
	        python=; \
	    done; \
	    [ -n "$$python" ] || { echo 'setup: Python 3.11 or later is needed on PATH' >&2; exit 1; }; \
	    $$python -m venv --clear .venv; \
	}
	@echo "setup: installing requirements.lock into .venv ($$($(PY) -V)); the first time takes a minute"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation -e .
	@printf '%s\n' '$(CURDIR)' > $@

run: setup ## a first look: prices, a month, then the service on this machine until Ctrl-C
	@$(PY) -m service.cli.first_run

test: setup ## the quick tests
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadfile -m "not slow"

test-all: setup ## every test
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n auto --dist loadfile

lint: setup ## ruff: rules and format
	@$(PY) -m ruff check --quiet .
	@$(PY) -m ruff format --quiet --check .
	@echo 'lint: clean'

types: setup ## mypy, strict
	@$(PY) -m mypy

check: lint types test-all ## lint, types and every test

bench: setup ## the figures of the README
	@$(PY) -m benchmarks

reference: setup  # the entries of the shipped tariff that are fitted on a synthetic book, made anew
	@$(PY) -m training.reference --out "$$(mktemp -d)/reference" --write

lock: ## write requirements.lock anew (needs uv)
	@uv pip compile pyproject.toml --all-extras --python-version 3.11 --generate-hashes --quiet \
	    --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o requirements.lock

clean: ## remove .venv and everything made here
	@rm -rf .venv build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
