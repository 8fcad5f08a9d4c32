# `make` alone lists what there is to do. Nothing is needed but make, a shell and Python.
#
#   PYTHON  the interpreter to make .venv with; found by itself when not given
#   ARGS    further arguments of the command that a target runs
#   TOOLS   `no` keeps `make test` from installing the outside programs that some tests drive

SHELL := /bin/sh
.DEFAULT_GOAL := help
export PYTHON

BIN := .venv/bin
# Older than a lock file or pyproject.toml: .venv is brought up to date first.
STAMP := .venv/up-to-date
BENCH_STAMP := .venv/bench-up-to-date
DOCS_STAMP := .venv/docs-up-to-date
TOOLS ?= yes

.PHONY: help setup demo test tools lint format chart docs bench lock clean

help: ## list the targets
	@echo "Usage: make TARGET [ARGS='...'] [PYTHON=python3.11]"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' Makefile | while IFS='|' read -r target text; \
		do printf '%-10s %s\n' "$$target" "$$text"; done

setup: $(STAMP) ## make .venv with the pinned packages and this project; quick when nothing changed

$(STAMP): pyproject.toml requirements/run.txt requirements/dev.txt
	@sh requirements/setup.sh
	@touch $@

demo: setup ## broker, worker, replayed cases and the console, on this machine alone
	@$(BIN)/tocsin demo $(ARGS)

test: setup ## run the tests; ARGS='-k name' for some of them; skipped ones are listed with reasons
	@if [ "$(TOOLS)" != no ]; then sh requirements/tools.sh; fi
	@$(BIN)/python -m pytest $(ARGS)

tools: ## install promtool, amtool and chromium for the tests (root on Debian), or say what to install
	@sh requirements/tools.sh

lint: setup ## style, types, the direction of imports, known vulnerabilities of what is pinned
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(BIN)/python requirements/audit.py

format: setup ## rewrite the files in the project's style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

chart: setup ## make what is made in deploy and helm/tocsin: runbook page, boards, schema, README, results
	@$(BIN)/python -m deploy.runbooks
	@$(BIN)/python -m deploy.grafana
	@$(BIN)/python -m helm.tools

docs: setup $(DOCS_STAMP) ## build the documentation as a site in build/site, its links checked
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet $(ARGS)
	@echo "docs: build/site/index.html"

$(DOCS_STAMP): requirements/docs.txt | $(STAMP)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements/docs.txt
	@touch $@

bench: setup $(BENCH_STAMP) ## run the benchmarks; ARGS names which
	@$(BIN)/python -m benchmarks $(ARGS)

$(BENCH_STAMP): requirements/bench.txt | $(STAMP)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r requirements/bench.txt
	@touch $@

lock: ## choose anew every pinned release, from pyproject.toml (minutes, needs a package registry)
	@"$$(sh requirements/find-python.sh)" requirements/lock.py

clean: ## remove caches and build products; .venv stays (rm -r .venv)
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -path ./.venv -prune -o -type d -name __pycache__ -exec rm -rf {} +
