# Needs Python 3.13, Node with npm, and make. Everything else is installed here, into .venv and node_modules.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo run test check faults soak soak-large failures bench flow-coverage clean

PYTHON := .venv/bin/python
PYTHON_READY := .venv/.ready
NODE_READY := node_modules/.ready
ARGS ?=

help: ## this list
	@echo "make <target> [ARGS=…]"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 18

demo: $(PYTHON_READY) $(NODE_READY) ## the guided run: files go from OneDrive to CELUM, every byte is checked (ARGS=--small is quicker)
	@$(PYTHON) -m local.demo $(ARGS)

run: $(PYTHON_READY) $(NODE_READY) ## everything on this machine, to play with, until Ctrl+C
	@$(PYTHON) -m local.stack $(ARGS)

test: $(PYTHON_READY) $(NODE_READY) ## all tests but the long runs (ARGS="-k name" picks some)
	@$(PYTHON) -m pytest -q $(ARGS)

check: $(PYTHON_READY) ## lint, format, types, and what may import what
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports

faults: $(PYTHON_READY) $(NODE_READY) ## a file's way again and again, each time with one call killed, lost or refused
	@$(PYTHON) -m tests.faults $(ARGS)

soak: $(PYTHON_READY) $(NODE_READY) ## thousands of histories of a drive, each another one; the rest of the property tests too
	@$(PYTHON) -m tests.properties $(ARGS)
	@SOAK=50 $(PYTHON) -m pytest -q tests/properties/test_ranges.py

soak-large: $(PYTHON_READY) $(NODE_READY) ## 10 GiB in each direction, with cuts all along and URLs that expire (ARGS="--gib 1" is quicker)
	@$(PYTHON) -m tests.soak large $(ARGS)

failures: $(PYTHON_READY) $(NODE_READY) ## each row of the failure catalogue, its tests and their result, or who decides it
	@$(PYTHON) -m tests.failures $(ARGS)

bench: $(PYTHON_READY) $(NODE_READY) ## speed and size against the budgets
	@$(PYTHON) -m tests.bench $(ARGS)

flow-coverage: $(PYTHON_READY) ## each key of the flow language, and the tests that carry and refuse it
	@$(PYTHON) -m tests.flow_coverage

clean: ## remove all that these targets have made, .venv and node_modules too
	@rm -rf .venv node_modules .local .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The first Python of the right version that can make a virtual environment.
define FIND_PYTHON
for name in python3.13 python3 python; do \
  if "$$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null; \
  then found="$$name"; break; fi; \
done; \
if [ -z "$$found" ]; then \
  echo "Python 3.13 with its venv module is needed, and none of python3.13, python3 and python is that." >&2; \
  echo "Install it (python.org, pyenv, or your system's python3.13 and python3.13-venv), then run make again." >&2; \
  exit 1; \
fi
endef

$(PYTHON_READY): requirements.txt requirements-dev.txt constraints.txt
	@$(FIND_PYTHON); \
	echo "Installing Python packages into .venv …"; \
	"$$found" -m venv .venv && \
	$(PYTHON) -m pip install -qq --disable-pip-version-check -r requirements-dev.txt
	@touch $@

$(NODE_READY): package.json package-lock.json
	@command -v npm >/dev/null && command -v node >/dev/null || { \
	  echo "Node with npm is needed, for Azurite, the storage emulator. Install it from nodejs.org, then run make again." >&2; \
	  exit 1; }
	@echo "Installing Azurite into node_modules …"
	@npm ci --silent --no-progress
	@touch $@
