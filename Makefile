# Two commands for a fresh machine: `make demo` and `make test`. Each installs what it needs (Debian
# or Ubuntu; root or sudo; Python 3.11 or later), prints what it does, and reuses what is installed.

SHELL := /bin/bash
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV_VERSION := 0.13.9
APT_PACKAGES := wsclean aoflagger casacore-data python3-venv
SLURM := slurmctld slurmd slurm-client munge
CORES ?= $(shell nproc)
DP3 := .venv-dp3
MUTATION := .venv-mutants
BENCH ?=
MUTANTS ?=
SWAPS ?=

.PHONY: help env system demo test test-cluster lint lock where-is schemas pictures known-answers real-sky swaps faults mutants bench clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 15

env: system $(READY) ## Install everything (programs with apt, Python packages into .venv)

system:
	@scripts/install-programs.sh $(APT_PACKAGES)

$(READY): requirements/lock.txt pyproject.toml scripts/install-python.sh | system
	@scripts/install-python.sh "$(PYTHON)" "$(VENV)" "$(UV_VERSION)" requirements/lock.txt .
	touch $@

demo: env ## Simulate a small observation, calibrate it and print the path of the report
	@scripts/demo.sh "$(BIN)" "$(CORES)"

test: env ## Check the code and run all tests
	@scripts/install-programs.sh chromium poppler-utils environment-modules $(SLURM) \
	    || echo "tests that need these are skipped"
	$(MAKE) lint
	$(BIN)/python -m pytest -n $(CORES) --dist loadgroup --durations 25

test-cluster: env ## Calibrate on a private Slurm cluster on this machine, killing jobs (as root)
	@scripts/install-programs.sh $(SLURM)
	REQUIRE_SLURM=1 $(BIN)/python -m pytest tests/workflow/test_cluster.py tests/workflow/test_private_cluster.py

lint: env ## Check style, types, package layers and the workflow, without tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check workflow
	$(BIN)/typos
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/snakemake --lint

lock: env ## Update the pinned Python packages in requirements/lock.txt and workflow/envs/
	$(BIN)/uv pip compile --universal --python-version 3.11 --upgrade --no-header \
	    requirements/dev.in -o requirements/lock.txt
	$(BIN)/python scripts/pin_environments.py

schemas: env ## Generate JSON Schemas, docs/records/ and config/config.yaml from the models
	$(BIN)/lwacal schemas

where-is: env ## Look up the lines in docs/where-is.md
	$(BIN)/python scripts/where_is.py

pictures: demo ## Draw the figures of the README from the demonstration
	@scripts/install-programs.sh graphviz poppler-utils chromium
	@scripts/pictures.sh "$(BIN)"

known-answers: env ## Compare results with planted faults and known truth (docs/known-answers.md)
	PYTHONPATH=tests/helpers $(BIN)/python -m known_answers

real-sky: env ## Calibrate simulated nights with a real sky (docs/real-sky.md)
	OMP_NUM_THREADS=1 PYTHONPATH=tests/helpers $(BIN)/python -m real_sky --records benchmarks/real-sky.jsonl

swaps: env ## Count simulated sub-bands whose gains take one source for another (docs/swaps.md; SWAPS="--help")
	OMP_NUM_THREADS=1 PYTHONPATH=tests/helpers $(BIN)/python -m swap_study --output docs/swaps.md \
	    --records benchmarks/swaps.jsonl $(SWAPS)

faults: env ## Tabulate the behaviour under faults (docs/faults.md)
	PYTHONPATH=tests/helpers $(BIN)/python -m fault_table

$(MUTATION)/.ready: requirements/mutants.txt | $(READY)
	$(PYTHON) -m venv --clear $(MUTATION)
	$(BIN)/uv pip install --quiet --python $(MUTATION)/bin/python -r requirements/mutants.txt
	touch $@

mutants: env $(MUTATION)/.ready ## Plant small errors in the science and list those that no test notices, in docs/ (MUTANTS="--help")
	nice $(MUTATION)/bin/python -m mutants $(MUTANTS)

$(DP3)/.ready: requirements/dp3.txt | $(READY)
	$(PYTHON) -m venv --clear $(DP3)
	$(BIN)/uv pip install --quiet --python $(DP3)/bin/python -r requirements/dp3.txt
	touch $@

bench: env $(DP3)/.ready ## Compare speed, memory and accuracy with CASA, AOFlagger, WSClean, DP3 (BENCH="--help")
	PYTHONPATH=tests/helpers $(BIN)/python -m bench $(BENCH)

clean: ## Remove the products of the demonstration
	rm -rf demo results/demo results/successful/demo logs/demo benchmarks/demo
