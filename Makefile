# `make demo` and `make test` need Python 3.11+ and make; everything else is installed into .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pip shows what it downloads to who watches; a log gets none of that.
PIP := quiet=; test -t 1 || quiet=--quiet; $(BIN)/python -m pip install $$quiet --disable-pip-version-check
LOCK := requirements-lock.txt
TESTS ?= tests
# Tests at a time: auto is one for each core.
JOBS ?= auto
ROUNDS ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo dev fmt lint type check test test-dask bench bench-bucket bench-dask bench-dask-uploads bench-hearing bench-serve bench-rerun bench-start bench-display bench-list bench-many bench-plan bench-status torture soak lock clean

help: ## Show the targets
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

demo: $(VENV)/.offline ## Transcribe the sample recordings on this machine, and show the texts
	@$(BIN)/batch-transcriber run --offline -o transcripts tests/data/speech
	@find transcripts -name '*.txt' | sort | while read -r text; do echo; echo "--- $$text"; cat "$$text"; done
	@echo; echo 'now your own: $(BIN)/batch-transcriber run --offline FOLDER'

dev: $(VENV)/.dev ## Install everything that working on the project needs

test: $(VENV)/.dev $(VENV)/.node ## Run all tests; TESTS=path or TESTS='-k name' narrows
	$(BIN)/pytest -n $(JOBS) $(TESTS)

test-dask: $(VENV)/.dev ## Kill workers of a Dask cluster at random, for some minutes
	$(BIN)/pytest -m dask $(TESTS)

check: lint type ## Lint, types and import rules: what CI runs besides the tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

type: $(VENV)/.dev
	$(BIN)/mypy

fmt: $(VENV)/.dev ## Format the code, and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev ## Measure us beside others, for half an hour; SCENARIOS='small large', ROUNDS=5, KEEP=1
	$(BIN)/python -m tests.benchmarks $(SCENARIOS) --rounds $(ROUNDS) $(if $(KEEP),--keep) \
		$(if $(MARKDOWN),--markdown $(MARKDOWN)) $(if $(FIGURES),--figures $(FIGURES))

bench-dask-uploads: $(VENV)/.dev ## Measure what uploads by workers cost, beside uploads from here; FILES=1000
	$(BIN)/python -m tests.benchmarks.cluster_uploads $(if $(FILES),--files $(FILES))

bench-rerun: $(VENV)/.dev ## Measure a rerun over finished recordings; COUNTS='10000 1000000' says how many
	$(BIN)/python -m tests.benchmarks.rerun $(COUNTS)

bench-start: $(VENV)/.dev ## Measure how long `--help` takes, beside a Typer app of three lines
	$(BIN)/python -m tests.benchmarks.start_up

bench-display: $(VENV)/.dev ## Measure what the live display costs
	$(BIN)/python -m tests.benchmarks.display

bench-status: $(VENV)/.dev ## Measure how long `status` takes over a million recordings; COUNT=1000000
	$(BIN)/python -m tests.benchmarks.status $(COUNT)

bench-plan: $(VENV)/.dev ## Measure and reckon what very many hours take; COUNT=1000000 MINUTES=60, KINDS=none, KEEP=1
	$(BIN)/python -m tests.benchmarks.plan $(if $(COUNT),--count $(COUNT)) $(if $(MINUTES),--minutes $(MINUTES)) \
		$(if $(KINDS),--kinds $(KINDS)) $(if $(MARKDOWN),--markdown $(MARKDOWN)) $(if $(KEEP),--keep)

bench-list: $(VENV)/.dev ## Measure how long a list of 100,000 jobs takes to check
	$(BIN)/python -m tests.benchmarks.job_list

bench-many: $(VENV)/.dev ## Measure runs that share one account's request limit; FILES=1000 RUNS=2 LIMIT=300/3
	$(BIN)/python -m tests.benchmarks.many $(if $(FILES),--files $(FILES)) $(if $(RUNS),--runs $(RUNS)) \
		$(if $(LIMIT),--limit $(LIMIT))

bench-hearing: $(VENV)/.dev ## Measure the offline recogniser: speed, memory, wrong words; HOURS=3 for one long recording
	$(BIN)/python -m tests.benchmarks.recogniser $(if $(HOURS),--hours $(HOURS)) $(if $(MINUTES),--minutes $(MINUTES))

bench-dask: $(VENV)/.dev ## Measure hearing by two workers of Dask beside two threads; MINUTES=20 of speech, ROUNDS=3
	$(BIN)/python -m tests.benchmarks.dask_hearing --rounds $(ROUNDS) $(if $(MINUTES),--minutes $(MINUTES))

bench-serve: $(VENV)/.dev ## Measure `serve` from outside, while it hears; MINUTES=20 of speech
	$(BIN)/python -m tests.benchmarks.serving $(if $(MINUTES),--minutes $(MINUTES))

bench-bucket: $(VENV)/.dev ## Measure the first submit, and the memory, of a run over 100,000 objects; COUNTS='1000 100000'
	$(BIN)/python -m tests.benchmarks.bucket $(COUNTS)

torture: $(VENV)/.dev ## Kill a run again and again, and count what was paid for twice
	$(BIN)/python -m tests.benchmarks.torture

soak: $(VENV)/.dev ## Run for ten minutes through trouble and restarts; FILES=20000 RESTARTS=3 TROUBLE=0.02 SEED=1
	$(BIN)/python -m tests.benchmarks.soak $(if $(FILES),--files $(FILES)) \
		$(if $(RESTARTS),--restarts $(RESTARTS)) $(if $(TROUBLE),--trouble $(TROUBLE)) $(if $(SEED),--seed $(SEED))

lock: $(VENV)/.dev ## Choose the newest versions that fit, for all platforms
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate --upgrade \
		--all-extras --group dev --output-file $(LOCK) pyproject.toml

clean: ## Remove the virtual environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ...")'
	@echo 'installing into $(VENV) (about 600 MB, some minutes on a slow line) ...'
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) --upgrade 'pip>=25.1' # 25.1: --group
	@touch $@

$(VENV)/.offline: $(VENV)/.made pyproject.toml $(LOCK)
	@$(PIP) -c $(LOCK) -e '.[offline]'
	@touch $@

$(VENV)/.dev: $(VENV)/.offline
	@$(PIP) -c $(LOCK) -e '.[offline,accurate,dask,s3,watch]' --group dev
	@touch $@

# The vendor's SDK for Node.js, for the test of it alone; without npm, or a line, that test is skipped.
$(VENV)/.node: tests/data/node/package.json tests/data/node/package-lock.json | $(VENV)/.dev
	@if command -v npm >/dev/null; then \
		mkdir -p $(VENV)/node && cp tests/data/node/package.json tests/data/node/package-lock.json $(VENV)/node && \
		npm ci --prefix $(VENV)/node --silent --ignore-scripts --no-audit --no-fund && touch $@ || \
		echo 'the SDK for Node.js could not be installed, so its test is skipped'; fi
