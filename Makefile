PYTHON ?= python3
UV ?= uv
ARGS ?=

BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check --retries 10 --use-pep517
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.10 --no-annotate --no-header
PROJECT := -c constraints.txt -e '.[fast,sandbox,dev]'

# Downloads fail at times: $(call thrice,command) gives up after the third failure.
thrice = for pause in 5 15 0; do $(1) && exit 0; sleep $$pause; done; exit 1

.DEFAULT_GOAL := help
.PHONY: help install .venv-faker prepare lint types unit integration test demo bench faker-sample constraints clean

help: ## List these commands
	@awk -F ':.*## ' '/^[.a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: .venv/installed ## Make .venv: the connector, the sandbox and the development tools
	@:

.venv/installed: pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make virtual environments. On Debian: apt-get install python3-venv."; \
		echo "Or name another Python from 3.10 to 3.13: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Installing the project into .venv"
	@$(PYTHON) -m venv .venv
	@$(call thrice,$(BIN)/python $(PIP) $(PROJECT))
	@touch $@

.venv-faker: .venv-faker/installed ## Make .venv-faker: airbyte-source-faker, apart because its CDK is older
	@:

.venv-faker/installed: constraints-faker.txt
	@for python in $(PYTHON) python3.12 python3.11 python3.10 none; do \
		$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
			2> /dev/null && break; \
	done; \
	if [ $$python = none ]; then \
		echo "Going on without airbyte-source-faker: it needs a Python from 3.10 to 3.12."; exit 0; \
	fi; \
	echo "Installing airbyte-source-faker into .venv-faker"; \
	$$python -m venv .venv-faker && \
	( $(call thrice,.venv-faker/bin/python $(PIP) -r constraints-faker.txt) ) && \
	touch $@

prepare: ## Install missing system packages: Java, Maven, kcat, Node.js (Debian, as root)
	@PYTHON=$(PYTHON) .ci/prepare

lint: install ## Check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: install ## Check the types of both packages
	@$(BIN)/mypy

unit: install ## Run the unit tests
	@$(BIN)/python -m pytest --no-header unit_tests

integration: install .venv-faker ## Run the tests against Apache Kafka and airbyte-source-faker
	@$(BIN)/python -m integration_tests.apache_kafka.jars
	@$(BIN)/python -m pytest --no-header integration_tests

test: ## Set up all that is missing and run every check above, in order
	@for target in prepare install .venv-faker lint types unit integration; do \
		$(MAKE) --no-print-directory $$target || exit 1; \
	done

demo: install .venv-faker ## Sync fake data into a local Keen and show it (options in ARGS)
	@$(BIN)/python -m integration_tests.demo $(ARGS)

bench: install ## Measure the connector against others, and write docs/benchmarks.md (options in ARGS)
	@$(BIN)/python -m benchmarks $(ARGS)

faker-sample: install .venv-faker ## Record airbyte-source-faker's output anew for machines without it
	@$(BIN)/python -m integration_tests.source_faker

constraints: ## Pin the newest versions of everything in both constraints files (needs uv)
	@{ echo '# Every version the project is built, tested and shipped with. Made by: make constraints'; \
		$(COMPILE) --extra fast --extra sandbox --extra dev pyproject.toml; } > constraints.new
	@mv constraints.new constraints.txt
	@{ echo '# What .venv-faker is made of. Made by: make constraints'; \
		echo airbyte-source-faker | $(COMPILE) -; } > constraints.new
	@mv constraints.new constraints-faker.txt

clean: ## Remove what the other commands made in this folder
	@rm -rf .venv .venv-faker build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
