# Diarkiv. `make run` and `make test` need only Python 3.11 or later (with venv), make and git.
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
RUN := .venv/bin
STAMP := .venv/.ready
unexport PYTHONDONTWRITEBYTECODE  # the tests start many programs: each would compile it all anew

# Homes of tests in memory, where there is 4 GB for them: a third of the time is waiting for a disk.
IN_MEMORY := $(shell [ "$$(df -k --output=avail /dev/shm 2>/dev/null | tail -1)" -gt 4000000 ] \
  2>/dev/null && [ -w /dev/shm ] && echo PYTEST_DEBUG_TEMPROOT=/dev/shm)

.DEFAULT_GOAL := help
.PHONY: help setup run test check bench model test-servers pictures licences clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## Set up the virtual environment (.venv)

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Diarkiv needs Python 3.11 or later; try: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .uv || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@.uv/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

$(STAMP): pyproject.toml uv.lock $(if $(filter .uv/bin/uv,$(UV)),.uv/bin/uv)
	@echo "Setting up .venv …"
	@$(UV) sync --quiet --frozen --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')"
	@touch $(STAMP)

run: setup ## Open the demo: the invented kommun Testköping, really harvested
	@$(RUN)/diarkiv demo

test: setup ## Run the tests (no server, no network, no root)
	@$(IN_MEMORY) $(RUN)/python -m pytest -n 2

check: setup ## Lint, types, layers, unit and property tests
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/python -m pytest -n 2 tests/unit tests/property tests/golden tests/meta

bench: setup ## Measure against peers; writes bench-results.json
	@$(UV) sync --quiet --frozen --group bench
	@$(RUN)/python -m tests.bench

model: setup ## Train the model of names anew (KLINTAN=, COMMENTS=, NAMES= name the corpora)
	@$(RUN)/python -m gdpr.model.train --klintan "$(KLINTAN)" --comments "$(COMMENTS)" --names "$(NAMES)"

test-servers: setup ## Tests against real servers and a real browser (installs them; needs root)
	@./tests/servers/install
	@$(UV) sync --quiet --frozen --group servers
	@$(IN_MEMORY) $(RUN)/python -m pytest -m server -n 2 --dist loadfile

pictures: setup ## Take README's pictures anew (real browser; installs it, needs root)
	@./tests/servers/install
	@$(UV) sync --quiet --frozen --group servers
	@TESTS_PICTURES=1 $(RUN)/python -m pytest -m server tests/e2e/test_pictures.py

licences: setup ## List the licences of everything installed
	@$(UV) export --quiet --frozen --no-dev --no-hashes | $(RUN)/python -m tests.meta.licences

clean: ## Remove what the above made
	rm -rf .venv .uv .diarkiv-demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
