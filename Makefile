# Evoscope. `make demo` shows it, `make up` runs it, `make test` tries it. Each installs what it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; done)
METHOD ?= evanet
# Test processes side by side; a file's tests stay in one of them.
JOBS ?= 2
ARGS ?=

.PHONY: help setup demo up worker test test-long lint format lock browser clean

help: ## what each command does
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: .venv/installed ## make .venv and install the pinned packages
	@:

.venv/installed: requirements.lock
	@if [ -z "$(PYTHON)" ]; then echo "Evoscope needs Python 3.11 or later as python3; install it and try again." >&2; exit 1; fi
	@if [ ! -x $(PY) ]; then $(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "python3 -m venv failed; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; fi
	@echo "Installing packages into .venv (once; the first time takes some minutes)"
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --requirement requirements.lock
	@touch .venv/installed

demo: setup ## start everything and watch METHOD (evanet) evolve beside its control
	@exec $(PY) manage.py up --demo $(METHOD) $(ARGS)

up: setup ## start everything; Ctrl-C ends it
	@exec $(PY) manage.py up $(ARGS)

worker: setup ## work for another machine: DATABASE_URL=... REDIS_URL=... EVOSCOPE_STORE=...
	@exec $(PY) manage.py worker $(ARGS)

browser: setup
	@$(PY) tests/chromium.py

test: setup browser ## every test but the long ones (20 minutes at most on two cores)
	@$(PY) -m pytest -q -m "not long" -n $(JOBS) --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: setup browser ## soak, many kills, whole demos: alone on the machine, hours
	@$(PY) -m pytest -q -m long --timeout 14400 $(ARGS)

# Settings are read by the type checker and by Django: a state folder of their own keeps var/ out of it.
lint: setup ## style, types, imports, migrations, deployment settings
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; export EVOSCOPE_VAR="$$scratch/var"; code=0; \
	check() { local name="$$1"; shift; if out=$$("$$@" 2>&1); then echo "$$name: ok"; else code=1; echo "$$name: FAILED"; echo "$$out"; fi; }; \
	check "ruff check" $(PY) -m ruff check --output-format concise . ; \
	check "ruff format" $(PY) -m ruff format --check --output-format concise . ; \
	check "mypy" $(PY) -m mypy manage.py searchengine webapp ; \
	check "imports" $(PY) -c 'import sys; from importlinter.cli import lint_imports_command as run; sys.argv[0] = "lint-imports"; run()' ; \
	check "migrations" $(PY) manage.py makemigrations --check --dry-run ; \
	check "check --deploy" env EVOSCOPE_BEHIND_TLS=1 EVOSCOPE_ALLOWED_HOSTS=evoscope.example \
		$(PY) manage.py check --deploy --fail-level WARNING ; \
	exit $$code

format: setup ## let ruff write the style
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

lock: ## write requirements.lock anew from pyproject.toml
	@scratch=$$(mktemp -d); trap 'rm -rf "$$scratch"' EXIT; $(PYTHON) -m venv "$$scratch/venv" \
	&& "$$scratch/venv/bin/python" -m pip install -qq '.[dev]' \
	&& "$$scratch/venv/bin/python" -m pip freeze --exclude evoscope --exclude setuptools | sed -E 's/\+[a-z0-9.]+$$//' > "$$scratch/lock" \
	&& cp "$$scratch/lock" requirements.lock && echo "requirements.lock: $$(wc -l < requirements.lock) packages"

clean: ## remove caches; var/ and .venv stay
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} + ; rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
