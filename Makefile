# Targets for people: `make` prints them.

NOTEBOOK ?=
PARAMS ?=
SCENARIOS ?=
OUT ?=
PORT ?= 8000
TESTED ?=
VARIANTS ?= 10
NUMBER ?= 200
SEED ?= 1

VENV := .venv
PYTHON := $(VENV)/bin/python
INSTALLED := $(VENV)/.installed
TESTING := $(VENV)/.testing
MUTATING := $(VENV)/.mutating
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

SOURCES := $(if $(NOTEBOOK),$(wildcard notebooks/$(NOTEBOOK).md),$(wildcard notebooks/*.md))
EXECUTED := $(SOURCES:notebooks/%.md=_build/executed/%.ipynb)
# Folders count too: a file that was removed shows in its folder's time.
FOLDERS := book data llmcalc bookbuild notebooks
PAGES := _config.yml _toc.yml $(FOLDERS:%=%/.) $(shell find $(FOLDERS) -mindepth 1 -not -path '*/__pycache__*')
SITE := _build/html/index.html

START := $(shell date +%s)
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export NOTEBOOK PARAMS SCENARIOS OUT

.DELETE_ON_ERROR:
# An interrupt after the new site is in place must not take its first page away.
.PRECIOUS: $(SITE)
.PHONY: help book pdf course executed test check rerun serve lint mutants bench screenshots lock clean

help:
	@echo 'make book     build the site into _build/html'
	@echo 'make test     build it, then run every test'
	@echo 'make check    style, types and every test that needs no build'
	@echo 'make pdf      print the whole book into _build/how-much-compute.pdf, and link it from the site'
	@echo 'make course   write exercises for nbgrader, Moodle, QTI and PrairieLearn (VARIANTS=$(VARIANTS) SEED=$(SEED))'
	@echo 'make rerun    NOTEBOOK=inference-gpus PARAMS="visits_per_day=1e9 mfu=0.4"   one notebook, your assumptions'
	@echo 'make rerun    NOTEBOOK=inference-gpus SCENARIOS=scenarios.csv               one row a scenario, and a comparison'
	@echo 'make serve    build the site and serve it on localhost (PORT=$(PORT))'
	@echo 'make lint     check the style and the types of the code'
	@echo 'make mutants  make mistakes by chance, and see whether tests notice (NUMBER=$(NUMBER), or all; SEED=$(SEED))'
	@echo 'make bench    measure builds, a rerun and the formulas'
	@echo 'make screenshots   renew the pictures in the README'
	@echo 'make lock     renew the locked dependencies'
	@echo 'make clean    remove all that was built (not $(VENV))'

book: $(SITE)
	@echo "The site is at $(CURDIR)/$(SITE), after $$(( $$(date +%s) - $(START) )) s."

# The environment, from nothing but Python: pip installs uv, uv installs the rest, npm comes with it.
$(INSTALLED): requirements/bootstrap.txt requirements/locked.txt requirements/package-lock.json pyproject.toml bookbuild/pyproject.toml
	@sh requirements/install.sh $(VENV)
	@touch $@

# What only tests, measurements and the print need: nobody waits for it to read the book.
$(TESTING): $(INSTALLED) requirements/tests.txt
	@echo "  install  what tests need"
	@$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --require-hashes --compile-bytecode -r requirements/tests.txt
	@cd $(VENV)/npm && npm install --include=dev --no-save --silent --ignore-scripts --no-audit --no-fund
	@touch $@

$(MUTATING): $(TESTING) requirements/mutants.txt
	@echo "  install  what mutation testing needs"
	@$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --require-hashes --compile-bytecode -r requirements/mutants.txt
	@touch $@

# Each notebook depends on its source and, by the rules beside its last result, on the modules and
# data it was seen to use. Those that are out of date are gathered, and run together on warm kernels.
-include $(wildcard _build/executed/*.d)

$(EXECUTED): _build/executed/%.ipynb: notebooks/%.md $(INSTALLED) bookbuild/execute.py bookbuild/kernels.py bookbuild/notebooks.py
	@: $(eval OUT_OF_DATE += $*)

executed: $(EXECUTED)
	@$(if $(OUT_OF_DATE),$(PYTHON) -m bookbuild.execute $(OUT_OF_DATE),:)

$(SITE): $(EXECUTED) $(PAGES) $(INSTALLED)
	@$(if $(OUT_OF_DATE),$(PYTHON) -m bookbuild.execute $(OUT_OF_DATE),:)
	@$(PYTHON) -m bookbuild.assemble

pdf: $(TESTING) executed
	@$(PYTHON) -m bookbuild.assemble --pdf
	@echo "The book is at $(CURDIR)/_build/how-much-compute.pdf, after $$(( $$(date +%s) - $(START) )) s."

course: $(INSTALLED)
	@$(PYTHON) -m bookbuild.course --variants '$(VARIANTS)' --seed '$(SEED)'

# Cores take neighbours, which share a browser or a build, and a core that is done takes over from another.
# Tests that measure time run at the end and alone: other work would be measured with them.
test: book $(TESTING)
	@$(PYTHON) -m pytest -n $(CORES) --dist worksteal $(TESTED) -m 'not alone'
	@$(PYTHON) -m pytest $(TESTED) -m alone

check: lint
	@$(PYTHON) -m pytest -n $(CORES) --dist worksteal $(TESTED) -m 'not built and not alone'

rerun: $(INSTALLED)
	@$(MAKE) --no-print-directory -s executed
	@$(PYTHON) -m bookbuild.rerun

serve: book
	@$(PYTHON) -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

lint: $(TESTING)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

mutants: $(MUTATING)
	@$(PYTHON) -m tests.mutants --number $(NUMBER) --seed $(SEED)

bench: book $(TESTING)
	@$(PYTHON) -m bookbuild.bench

screenshots: book $(TESTING)
	@$(PYTHON) -m bookbuild.screenshots

# With the environment as it is: what is asked for may not be in the locks yet.
lock:
	@test -e $(INSTALLED) || $(MAKE) --no-print-directory $(INSTALLED)
	@sh requirements/lock.sh

clean:
	rm -rf _build
