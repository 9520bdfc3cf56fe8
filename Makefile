# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
SHELL := /bin/sh
LOCAL := sh deploy/local/bootstrap.sh
PY := .venv/bin/python
PYTEST := .venv/bin/pytest
PORT ?= 8000
# ONLY=…: a path when it exists, else a pytest -k expression.
select = $(if $(ONLY),$(if $(wildcard $(ONLY)),$(ONLY),$(1) -k "$(ONLY)"),$(1))

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-20s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Demo ---------------------------------------------------------------------------------------
.PHONY: demo down reset status
demo: ## Install what is missing and serve the portal with sample data (PORT=8000)
	@$(LOCAL) demo --port $(PORT)
down: ## Stop the demo (only what it started)
	@$(LOCAL) down
reset: ## Stop the demo and throw its data away
	@$(LOCAL) reset
status: ## What of the demo is running
	@$(LOCAL) status

# Tests --------------------------------------------------------------------------------------
.PHONY: test test-all pytest journeys journeys-all bench bench-all faults faults-all screenshots
test: ## Checks, then the test suite, on private services (what .ci/run calls)
	@$(LOCAL) with-services $(MAKE) --no-print-directory test-all
# All checks and all tests run, so that one run shows everything that is wrong. The checks run beside the
# tests, and there is a worker more than processors: browsers and databases are waited for. What every worker
# needs is made once before: the migrated database, and the compiled tests (half of the time to collect them).
# The house rules of check-architecture are among the tests. A test that fails is tried once more and named
# (docs/decisions/0059-…).
test-all: messages-compiled
	@log=.local/test/check.log; \
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) -m tests.databases & migrating=$$!; \
	$(PYTEST) -n0 -q --collect-only >.local/test/collect.log 2>&1; wait $$migrating; \
	$(MAKE) --no-print-directory --keep-going $(CHECKS) >$$log 2>&1 & checking=$$!; \
	$(PYTEST) -n $$(($$(nproc) + 1)) --dist loadscope --no-loadscope-reorder --reruns 1 --rerun-show-tracebacks -rR; tests=$$?; \
	wait $$checking; checks=$$?; \
	if [ $$checks = 0 ]; then echo "make check: everything holds."; else \
		cat $$log; echo "make check failed: see the messages after the tests."; fi; \
	[ $$checks = 0 ] && [ $$tests = 0 ]
pytest: messages-compiled ## Tests only (ONLY=path or -k expression); services as in `make test`
	@$(LOCAL) with-services $(PYTEST) -n auto $(call select,tests)
journeys: ## Browser journeys, the full matrix (ONLY=…)
	@$(LOCAL) with-services $(MAKE) --no-print-directory journeys-all ONLY="$(ONLY)"
journeys-all: messages-compiled
	MACHITRY_JOURNEYS=all $(PYTEST) -n auto $(call select,tests/journeys)
bench: ## Benchmarks (ONLY=name): prints a table, writes .local/bench/<name>.json
	@$(LOCAL) with-services $(MAKE) --no-print-directory bench-all ONLY="$(ONLY)"
bench-all:
	@for file in $(if $(ONLY),benchmarks/$(ONLY).py,$(wildcard benchmarks/[a-z]*.py)); do \
		echo "== $$file"; PYTHONPATH=. $(PY) $$file || exit 1; done
faults: ## Fault runs (ONLY=name): writes .local/faults/<name>.json
	@$(LOCAL) with-services $(MAKE) --no-print-directory faults-all ONLY="$(ONLY)"
faults-all:
	MACHITRY_FAULTS=1 $(PYTEST) -n0 -s $(call select,tests/faults tests/architecture/test_odd_input.py tests/calls/blind)
screenshots: journeys ## Screenshots of the journeys in .local/screenshots/

# Checks, cheapest first; each may be run alone ---------------------------------------------------
CHECKS := check-imports check-format check-lint check-templates check-frontend check-deploy \
	check-migrations check-translations check-types
.PHONY: check $(CHECKS) check-architecture
check: $(CHECKS) check-architecture ## All checks
check-imports: ## One allowed direction between apps and inside them
	.venv/bin/lint-imports
check-format: ## Formatting
	.venv/bin/ruff format --check .
check-lint: ## Lint
	.venv/bin/ruff check .
check-templates: ## Templates are well formed (what they may hold: check-architecture)
	.venv/bin/djlint --quiet --lint templates
check-frontend: ## TypeScript types
	@$(LOCAL) npm run --silent types
check-types: ## Python types (mypy --strict)
	.venv/bin/mypy manage.py config apps tests deploy
check-deploy: ## Django's deployment checks under production settings
	@$(PY) deploy/local/check_deploy.py
check-migrations: ## No model change without its migration
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) manage.py makemigrations --check --dry-run
check-translations: ## No text without its Japanese
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) deploy/local/messages.py --check
check-architecture: ## The house rules: contracts, sizes, writes, migrations, docs, licences
	$(PYTEST) -n0 -q tests/architecture/test_rules.py

# Work ---------------------------------------------------------------------------------------
.PHONY: install services services-down assets messages messages-compiled lock format
install: ## Install everything the tests need, start nothing
	@$(LOCAL) install --tests
services: ## Start the test services and leave them running (then .venv/bin/pytest works by itself)
	@$(LOCAL) services test
services-down: ## Stop the test services
	@$(LOCAL) services-down
assets: ## Build styles and scripts when they changed
	@$(LOCAL) assets
messages: ## Bring locale/ja up to date
	DJANGO_SETTINGS_MODULE=config.settings.test $(PY) deploy/local/messages.py
messages-compiled:
	@$(LOCAL) messages
lock: ## Write requirements*.txt from requirements*.in (needs uv in PATH)
	sh deploy/local/lock.sh
format: ## Format and mend what ruff can mend
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .
