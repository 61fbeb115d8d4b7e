# `make study` and `make test` are all a newcomer needs: git, make and Python 3.11-3.13, nothing else installed.
# After that: . .venv/bin/activate && snakemake --cores 4 [target]
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# The first suitable Python; python3 itself where there is none, so that the set-up can say what is wrong with it.
SUITABLE = import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c '$(SUITABLE)' >/dev/null 2>&1 && { echo $$python; exit; }; done; echo python3)

# uv brings certificates of its own; behind a company's proxy only the machine's are right.
UV_SYSTEM_CERTS ?= true
export UV_SYSTEM_CERTS

BIN := .venv/bin
CONFIG ?=
ARGS ?=
TESTS ?=
# CHANGED=1: only tests that reach what differs from main; CHANGED=COMMIT: from another commit.
CHANGED ?=
CHAPTERS ?= training replay capture storage paper
SINCE = $(if $(CHANGED),--changed $(patsubst 1,main,$(CHANGED)))
# Chapters side by side, whole studies first, as they take longest. ARGS=-n0 runs one after the other (for a debugger).
PYTEST = $(BIN)/python -m pytest -n logical --maxprocesses 4 --no-loadscope-reorder
BENCHMARKS ?= $(basename $(notdir $(wildcard tests/benchmarks/*.py)))
WORKFLOW = Snakefile $(wildcard rules/*.smk)
STUDY = $(BIN)/python envs/run_study.py
SETTINGS = $(ARGS) $(if $(CONFIG),--configfile $(CONFIG))

.PHONY: help setup study paper publish readme environments test lint format envs benchmark test-slow test-cluster

help: ## this list
	@echo "make TARGET [CONFIG=config/quick.yaml] [ARGS='arguments of snakemake or pytest'] [PYTHON=python3.12]"
	@sed -n 's/^\([a-z-]*\):[^#]*## /  \1\t/p' Makefile | expand -t 18

setup: ## create .venv from uv.lock (every target below does it first)
	@$(PYTHON) envs/bootstrap.py

study: setup ## run the whole study; tables, figures and report.zip go to results/
	@$(STUDY) --report results/report.zip $(SETTINGS)

paper: setup ## every figure, table and the PDF from the raw tables of the published run: nothing is measured
	@$(STUDY) statistics figures paper reproduction tables --configfile config/published.yaml $(ARGS)

publish: setup ## maintainers: CHAPTERS='training replay' of a finished run with CONFIG=... become resources/published/
	@$(BIN)/python -m traceability.study.publish results $(CHAPTERS) $(if $(CONFIG),--configfile $(CONFIG))

readme: setup ## maintainers: findings, pictures and rule graph of README.md, from the published tables
	@$(STUDY) results/statistics/capture_counts.tsv results/public_records/funnel.tsv \
		$(addprefix results/figures/,published_runs.svg usage.svg corpus.svg) --cores 1 --configfile config/published.yaml
	@$(BIN)/python -m traceability.paper.readme

environments: setup ## build the environments that rules make for themselves, before the study is timed
	@$(STUDY) environments $(SETTINGS)

test: setup ## what to run before each push: minutes; CHANGED=1 only what your change reaches, TESTS=tests/unit/corpus a part
	@$(PYTEST) -m "not slow" $(SINCE) $(or $(TESTS),tests/workflow tests/unit) $(ARGS)

test-slow: setup ## real services, environments and networks, and the whole quick study: an hour; TESTS=... a part
	@$(PYTEST) -m "slow and not long" $(SINCE) $(or $(TESTS),tests/slow tests/unit) $(ARGS)

lint: setup ## formatting, static checks, Snakemake's own lint and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check $(WORKFLOW)
	$(BIN)/snakemake --lint
	$(BIN)/mypy

format: setup ## bring all code into the form that lint asks for
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .
	$(BIN)/snakefmt $(WORKFLOW)

envs: setup ## cut envs/*.yaml from uv.lock
	@$(BIN)/python envs/export.py

benchmark: setup ## measure what the study's own machinery costs: all, or BENCHMARKS='batch_cost growth' (prints tables)
	@for name in $(BENCHMARKS); do PYTHONPATH=.:tests $(BIN)/python "tests/benchmarks/$$name.py" $(ARGS) || exit 1; done

test-cluster: setup ## run the quick study through a real Slurm of two nodes on this machine (root; installs slurm-wlm)
	@$(BIN)/python -m pytest tests/cluster $(ARGS)
