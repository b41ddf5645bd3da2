# `make` or `make help` lists what there is. Python 3.11 or later with venv, make and a shell are all it needs.
PYTHON ?= python3
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT

# With DATABASE_URL=postgres://… its driver is installed as well.
LOCK := $(if $(filter postgres%,$(DATABASE_URL)),postgresql,runtime)

.DEFAULT_GOAL := help
.PHONY: help dist run test test-quick test-long clients image-test bench consistency audit-ui pictures audit-packages scan fuzz mutation install check format messages lock

help: ## list these targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

dist: .venv/development ## build the wheel and the sdist of the service into dist/
	@$(BIN)/python -m artefact.build dist

run: install ## set up all that is needed, and serve on http://localhost:$PORT
	@$(BIN)/python -m tokens_project.preparation
	@exec $(BIN)/gunicorn -c python:tokens_project.gunicorn_conf

test: .venv/development .venv/openid-provider .venv/node-client ## run every test that this machine can run
	@$(BIN)/python -m tests

test-quick: .venv/development ## run the tests of the pure and the small parts, on SQLite: a minute
	@$(BIN)/python -m tests.quick

test-long: .venv/development .venv/openid-provider .venv/node-client ## run what tests try by chance, many times: hours
	@LONG=1 $(BIN)/python -m tests -m long_run

clients: .venv/development .venv/node-client ## build the packages for Python and Node into dist/clients/, and try them
	@$(BIN)/python -m clients.build dist/clients
	@$(BIN)/python -m pytest -n0 -q tests/client_packages/test_artefacts.py

image-test: dist ## as root: take the steps of the Containerfile in roots made by debootstrap, and serve from the last
	@$(BIN)/python -m tests.image

bench: .venv-bench/bench ## measure the service beside its peers, and write docs/performance.md (QUICK=1, FULL=1, PARTS="…")
	@.venv-bench/bin/python -m tests.bench $(if $(QUICK),--quick) $(if $(FULL),--full) $(PARTS)

consistency: .venv/development ## look for an order that explains every answer, under faults (LONG=1, OPERATIONS=…, MINUTES=…)
	@$(BIN)/python -m tests.consistency $(DATABASES)

audit-ui: .venv/development .venv/lighthouse ## hold the interface to its bars, with 50,000 tokens (PARTS="…")
	@$(BIN)/python -m tests.audit_ui $(PARTS)

pictures: .venv/development ## take the pictures of README and docs/ anew, with Chromium (PARTS="…")
	@$(BIN)/python -m tests.pictures $(PARTS)

fuzz: .venv-trials/trials ## give every parser inputs that are made up (INPUTS=…, SECONDS=…, RECORD=1, PARTS="…")
	@.venv-trials/bin/python -m tests.fuzzing $(PARTS)

mutation: .venv-trials/trials ## change the code in one thing at a time, and see that a test notices (PARTS="…")
	@nice -n 5 .venv-trials/bin/python -m tests.mutation $(PARTS)

audit-packages: .venv-audit/audit ## ask whether a package of the lock files is known to be vulnerable (ADVISORIES=FOLDER)
	@.venv-audit/bin/python requirements/audit.py $(ADVISORIES)

scan: .venv/development ## as root: what scanners that are installed say of the product in production, behind TLS (PARTS="…")
	@$(BIN)/python -m tests.scanners $(PARTS)

install: .venv/$(LOCK) ## set up .venv alone

check: .venv/development ## formatting, lint, types, layers, templates, migrations, deployment
	@PYTHON=$(BIN)/python sh tests/check.sh

format: .venv/development ## put the code into its one form
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .
	@git ls-files '*.html' | xargs -r $(BIN)/djade --target-version 5.2
	@$(BIN)/python -m tests.static_files

messages: .venv/development ## renew the catalogues of the translations from the code, and compile them (needs gettext)
	@$(BIN)/python -m tests.catalogues

lock: ## renew requirements/ from pyproject.toml (needs uv)
	@sh requirements/lock.sh

# One stamp for each lock file: a changed lock file installs again, an unchanged one does nothing.
.venv/%: requirements/%.txt
	@$(PYTHON) requirements/install.py $*
	@touch $@

# The peers of the bench, what asks about packages, a fuzzer and what makes mutants stay out of the service's own
# environment.
.venv-bench/%: requirements/%.txt
	@$(PYTHON) requirements/install.py $* .venv-bench
	@touch $@

.venv-trials/%: requirements/%.txt
	@$(PYTHON) requirements/install.py $* .venv-trials
	@touch $@

.venv-audit/%: requirements/%.txt
	@$(PYTHON) requirements/install.py $* .venv-audit
	@touch $@

# What the tests of single sign-on run against, what those of the package for Node need, and what audits pages, where npm
# is at hand; all are left out elsewhere.
.venv/openid-provider: tests/openid/package-lock.json
.venv/node-client: clients/node/package-lock.json
.venv/lighthouse: tests/audit_ui/lighthouse/package-lock.json
.venv/openid-provider .venv/node-client .venv/lighthouse: | .venv/development
	@if command -v npm >/dev/null; then \
		echo "Installing what $< lists"; \
		rm -rf $@ && mkdir $@ && cp $(<D)/package.json $< $@ && \
		(cd $@ && npm ci --ignore-scripts --no-audit --no-fund --loglevel error) || rm -rf $@; \
	fi
