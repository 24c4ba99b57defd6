# Every target is one command of driftline or of its tools; `make` lists them.
PYTHON ?= python3
ROOT ?= data
PORT ?= 5006
OUT ?= out/driftline.html
BIN := .venv/bin

.PHONY: help run run-compare profile-freeze test lint check data shell snapshot bench bench-ui bench-rouge bench-diff bench-verdicts clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 16

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "driftline needs Python 3.11 or newer: make PYTHON=python3.12")'
	@echo "Installing driftline into .venv; this takes a minute or two, once" >&2
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Installing what the tests need into .venv" >&2
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

.venv/.chromium: .venv/.installed-dev
	@sh tests/install_chromium.sh $(BIN)
	@touch $@

run: .venv/.installed  ## Serve the dashboard on ROOT (data) at PORT (5006)
	$(BIN)/driftline serve --root $(ROOT) --port $(PORT)

test: .venv/.installed-dev .venv/.chromium  ## Run all tests; installs what they need
	$(BIN)/pytest -n auto --dist loadfile

lint: .venv/.installed-dev  ## Check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

check: lint test  ## Everything that has to hold before a change lands

data: .venv/.installed-dev  ## Measure the shipped root anew (about 5 minutes on a quiet machine)
	$(BIN)/python -m driftline.demo --out data --hostname demo-laptop --replace

shell: .venv/.installed  ## Open the duckdb shell over ROOT
	@$(BIN)/driftline shell --root $(ROOT)

snapshot: .venv/.installed  ## Write the pages of ROOT as one HTML file (OUT)
	$(BIN)/driftline snapshot $(OUT) --root $(ROOT)

bench: .venv/.installed-dev  ## Time opening and asking generated roots against reading their bytes, and what measuring costs
	$(BIN)/python -m tests.bench.capture
	$(BIN)/python -m tests.bench.workloads
	$(BIN)/python -m tests.bench

bench-rouge: .venv/.installed-dev  ## Time the scoring of generated texts against the rouge-score package
	$(BIN)/python -m tests.bench.rouge

bench-ui: .venv/.chromium  ## Time the pages of ROOT in Chromium
	$(BIN)/python -m tests.bench.ui --root $(ROOT)

profile-freeze: .venv/.installed  ## Measure CMD and write it into ROOT as profiles/VERSION.yaml
	$(if $(and $(VERSION),$(CMD)),,$(error make profile-freeze VERSION=v1 CMD="python pipeline.py"))
	$(BIN)/driftline profile freeze --version "$(VERSION)" --root $(ROOT) $(FREEZE) -- $(CMD)

run-compare: .venv/.installed  ## Serve ROOT with BASELINE (a run's key, run id or "[category] key") as the baseline
	BASELINE="$(BASELINE)" $(BIN)/driftline serve --root $(ROOT) --port $(PORT)

bench-diff: .venv/.installed-dev  ## Time the word diff of two texts, the worst cases too
	$(BIN)/python -m tests.bench.diff

bench-verdicts: .venv/.installed-dev  ## Count how often the verdicts are wrong, simulated and on this machine
	$(BIN)/python -m tests.bench.verdicts

clean:  ## Remove the environment and what the tools left behind
	rm -rf .venv out .pytest_cache .mypy_cache .ruff_cache .hypothesis
