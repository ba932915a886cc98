# One word a habit; `make` lists them. Options of a command go into ARGS: make test ARGS="-k limits"

PYTHON ?= # the interpreter to set up with; left empty, the first below that will do
ARGS ?=

python := .venv/bin/python
pip := -m pip --quiet --quiet --disable-pip-version-check --no-input install
export PIP_USER := 0
export HYPOTHESIS_STORAGE_DIRECTORY := .cache/hypothesis

.DEFAULT_GOAL := help
.PHONY: help run test check format golden soak bench docs lock clean setup venv redis apt-redis no-redis chromium apt-chromium no-chromium

help: ## list these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

run: setup ## play the import bands on the recorded day that ships with rulegrid
	@.venv/bin/rulegrid run rules/import_bands.yaml $(ARGS)

test: setup redis chromium ## run the tests
	@$(python) -m pytest -n auto --dist loadfile $(ARGS)

check: setup redis chromium ## all that has to hold: format, lint, types, import contracts, tests
	@$(python) -m ruff format --check
	@$(python) -m ruff check
	@$(python) -m mypy
	@$(python) .venv/bin/lint-imports --no-logo --cache-dir .cache/imports
	@$(python) -m pytest -n auto --dist loadfile $(ARGS)

format: setup ## bring the code into its format
	@$(python) -m ruff check --fix-only --quiet
	@$(python) -m ruff format

golden: setup ## write the expected outputs anew; read the difference before it is committed
	@$(python) -m pytest --update-golden $(ARGS)

soak: setup redis ## run for minutes in real time while much goes wrong, and count what must be 0
	@$(python) -m tests.soak $(ARGS)

bench: setup .venv/requirements-bench.lock ## measure speed, beside what others reach
	@$(python) -m tests.benchmarks $(ARGS)

docs: setup ## write the generated pages anew
	@$(python) tests/generate_docs.py $(ARGS)

lock: ## pin every dependency anew (ARGS=--upgrade for the newest versions)
	$(if $(found),,$(error $(missing)))
	@rm -rf .cache/uv
	@$(found) -m venv .cache/uv
	@.cache/uv/bin/python $(pip) uv
	@.cache/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--group dev --custom-compile-command "make lock" -o requirements.lock pyproject.toml $(ARGS)
	@.cache/uv/bin/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url \
		--group bench --constraints requirements.lock --custom-compile-command "make lock" \
		-o requirements-bench.lock $(ARGS)
	@rm -rf .cache/uv

# What others reach is measured with them: they are only installed for `make bench`.

.venv/requirements-bench.lock: requirements-bench.lock setup
	@cmp -s $< $@ || $(python) $(pip) --no-compile --no-deps --only-binary :all: --require-hashes -r $<
	@cp $< $@

clean: ## remove all that make has made, .venv too
	@rm -rf .venv .cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Set-up. Two stamps are written last of all: `.venv/requirements.lock` says what is installed, `.venv/linked`
# which rulegrid. So a set-up that was cut short begins again, and a finished one needs no network.

as_locked := cmp -s requirements.lock .venv/requirements.lock && $(python) -c "import hatchling" 2>/dev/null
as_asked := test -z "$(PYTHON)" || test "$$($(PYTHON) -V 2>&1)" = "$$($(python) -V)"
this_rulegrid := { echo "$(CURDIR)"; cat pyproject.toml; }
# Python keeps what it has compiled, also where it is told not to: compiling is half the time of a short command.
compiled := PYTHONDONTWRITEBYTECODE= $(python) -c "import rulegrid.cli.check, rulegrid.cli.run, rulegrid.cli.test"

setup: $(if $(shell $(as_locked) && { $(as_asked); } && echo ready),,venv)
	@$(this_rulegrid) | cmp -s - .venv/linked || { \
		rm -f .venv/linked && \
		$(python) $(pip) --no-deps --no-build-isolation --editable . && \
		$(compiled) && \
		$(this_rulegrid) > .venv/linked; }

venv:
	$(if $(found),,$(error $(missing)))
	@echo "Setting up .venv with $$($(found) -V): once, in about half a minute"
	@rm -rf .venv
	@$(found) -m venv .venv
	@$(python) $(pip) --no-compile --no-deps --only-binary :all: --require-hashes -r requirements.lock \
		|| { echo "The packages of requirements.lock could not be fetched: is there a network?"; exit 1; }
	@cp requirements.lock .venv/requirements.lock

# A real Redis for the tests, which start it on a port of their own and let nothing else know of it.

redis: $(if $(shell command -v redis-server 2>/dev/null),,$(if $(shell test "$$(id -u)" = 0 && command -v apt-get 2>/dev/null),apt-redis,no-redis))

apt-redis:
	@echo "Installing redis-server for the tests: once"
	@export DEBIAN_FRONTEND=noninteractive; install="apt-get install -qq --no-install-recommends redis-server"; \
		{ $$install || { apt-get update -qq && $$install; }; } > /dev/null

no-redis:
	$(error The tests need redis-server: install it (apt-get install redis-server, brew install redis))

# A real browser for the tests of the page that a backtest draws. It is given an empty profile and no network.

chromium: $(if $(shell command -v chromium 2>/dev/null),,$(if $(shell test "$$(id -u)" = 0 && command -v apt-get 2>/dev/null),apt-chromium,no-chromium))

apt-chromium:
	@echo "Installing chromium for the tests: once"
	@export DEBIAN_FRONTEND=noninteractive; install="apt-get install -qq --no-install-recommends chromium fonts-dejavu-core"; \
		{ $$install || { apt-get update -qq && $$install; }; } > /dev/null

no-chromium:
	$(error The tests need chromium: install it (apt-get install chromium))

candidates := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
modern = import sys; sys.exit(sys.version_info < (3, 11))
complete = import ensurepip, venv; $(modern)
first = $(shell for each in $(candidates); do $$each -c "$(1)" 2>/dev/null && echo $$each && break; done)
found = $(eval found := $(call first,$(complete)))$(found)
lacking = $(eval lacking := $(call first,$(modern)))$(lacking)
missing = $(if $(lacking),$(lacking) cannot make a .venv: $(install_venv),$(install_python))
install_venv = apt-get install $(patsubst python,python3,$(notdir $(lacking)))-venv
install_python = rulegrid needs Python 3.11 or newer: install one, or name it: make PYTHON=/path/to/python3
