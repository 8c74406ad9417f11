PYTHON ?= python3
UV ?= uv
ARGS ?=

BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check --retries 10 --use-pep517
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.10 --no-annotate --no-header
PROJECT := -c constraints.txt -e '.[fast,preview,sandbox,dev]'

# Downloads fail at times: $(call thrice,command) gives up after the third failure.
thrice = for pause in 5 15 0; do $(1) && exit 0; sleep $$pause; done; exit 1

.DEFAULT_GOAL := help
.PHONY: help install .venv-faker .venv-pyairbyte prepare lint types unit integration test image-test soak live screenshots audit \
	demo bench faker-sample constraints clean

help: ## List these commands
	@awk -F ':.*## ' '/^[.a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

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

.venv-faker: .venv-faker/installed ## Make .venv-faker: airbyte-source-faker, which makes the data of the tests
	@:

.venv-pyairbyte: .venv-pyairbyte/installed ## Make .venv-pyairbyte: PyAirbyte, which drives the connector in tests
	@:

# Apart from .venv, because the one has an older CDK and the other weighs 800 MB. Neither runs on Python 3.13.
.venv-%/installed: constraints-%.txt
	@for python in $(PYTHON) python3.12 python3.11 python3.10 none; do \
		$$python -c 'import ensurepip, sys, venv; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
			2> /dev/null && break; \
	done; \
	if [ $$python = none ]; then \
		echo "Going on without .venv-$*: it needs a Python from 3.10 to 3.12."; exit 0; \
	fi; \
	echo "Installing .venv-$*"; \
	$$python -m venv .venv-$* && \
	( $(call thrice,.venv-$*/bin/python $(PIP) -r constraints-$*.txt) ) && \
	touch $@

prepare: ## Install missing system packages: Java, Maven, kcat, Node.js, Chromium, buildah (Debian, as root)
	@PYTHON=$(PYTHON) .ci/prepare

lint: install ## Check style and formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check

types: install ## Check the types of both packages
	@$(BIN)/mypy

unit: install ## Run the unit tests
	@$(BIN)/python -m pytest --no-header --numprocesses 2 unit_tests

integration: install .venv-faker .venv-pyairbyte ## Run the tests against Apache Kafka, Chromium, PyAirbyte and the image
	@$(BIN)/python -m integration_tests.apache_kafka.jars
	@$(BIN)/python -m pytest --no-header --numprocesses 2 --dist loadfile integration_tests

test: ## Set up all that is missing and run every check above, in order
	@for target in prepare install .venv-faker .venv-pyairbyte lint types unit integration; do \
		$(MAKE) --no-print-directory $$target || exit 1; \
	done

image-test: install ## Build the image without a container engine and run it as Airbyte's platform does (Debian, as root)
	@$(BIN)/python -m pytest --no-header integration_tests/test_image.py

soak: install ## Send records for 10 minutes while the broker restarts, and run the slowest of the fault tests (options in ARGS)
	@$(BIN)/python -m integration_tests.soak $(ARGS)
	@$(BIN)/python -m pytest --no-header -m soak integration_tests

live: install ## Ask the real Keen what its documentation leaves open: needs secrets/config.json (options in ARGS)
	@$(BIN)/python -m integration_tests.live $(ARGS)

screenshots: install ## Draw the pictures of the sandbox's page for the documentation
	@$(BIN)/python -m integration_tests.screenshots

audit: install ## Look for known vulnerabilities in all pinned packages
	@$(BIN)/pip-audit --strict --disable-pip --no-deps -r constraints.txt

demo: install .venv-faker ## Sync fake data into a local Keen and show it (options in ARGS)
	@$(BIN)/python -m integration_tests.demo $(ARGS)

bench: install ## Measure the connector against others, and write docs/benchmarks.md (options in ARGS)
	@$(BIN)/python -m benchmarks $(ARGS)

faker-sample: install .venv-faker ## Record airbyte-source-faker's output anew for machines without it
	@$(BIN)/python -m integration_tests.source_faker

constraints: ## Pin the newest versions of everything in the constraints files (needs uv)
	@{ echo '# Every version the project is built, tested and shipped with. Made by: make constraints'; \
		$(COMPILE) --extra fast --extra preview --extra sandbox --extra dev pyproject.toml; } > constraints.new
	@mv constraints.new constraints.txt
	@{ echo '# What .venv-faker is made of. Made by: make constraints'; \
		echo airbyte-source-faker | $(COMPILE) -; } > constraints.new
	@mv constraints.new constraints-faker.txt
	@{ echo '# What .venv-pyairbyte is made of. Made by: make constraints'; \
		echo airbyte | $(COMPILE) -; } > constraints.new
	@mv constraints.new constraints-pyairbyte.txt

clean: ## Remove what the other commands made in this folder
	@rm -rf .venv .venv-faker .venv-pyairbyte build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
