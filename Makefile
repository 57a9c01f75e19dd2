# Targets for people: `make` prints them.

# First of all, since a build vouches for no file that was changed after this. Not every date knows decimals.
export BUILD_STARTED := $(shell date +%s.%N)

NOTEBOOK ?=
PARAMS ?=
SCENARIOS ?=
OUT ?=
PORT ?= 8000
TESTED ?=
BEGIN ?=
VARIANTS ?= 10
NUMBER ?= 200
SEED ?= 1
# As they were written: what a reader gives is no part of this file, so a $ in it is a $.
override NOTEBOOK := $(value NOTEBOOK)
override PARAMS := $(value PARAMS)
override SCENARIOS := $(value SCENARIOS)
override OUT := $(value OUT)
override BEGIN := $(value BEGIN)
override PORT := $(value PORT)
override NUMBER := $(value NUMBER)
override SEED := $(value SEED)
override VARIANTS := $(value VARIANTS)

VENV := .venv
PYTHON := $(VENV)/bin/python
# Without bytecode pytest would rewrite all assertions again at every run.
PYTEST := PYTHONDONTWRITEBYTECODE= $(PYTHON) -m pytest
INSTALLED := $(VENV)/.installed
TESTING := $(VENV)/.testing
MUTATING := $(VENV)/.mutating
TORCH := $(VENV)/.torch
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)

START := $(firstword $(subst ., ,$(BUILD_STARTED)))
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
# What a reader's terminal speaks is one thing; what programs write for each other is UTF-8.
export PYTHONUTF8 := 1
export BEGIN NOTEBOOK PARAMS SCENARIOS OUT PORT NUMBER SEED VARIANTS
DRY_RUN := $(if $(findstring n,$(firstword -$(MAKEFLAGS))),--dry-run)

# An environment knows its place: after a move its programs do not start. It is made anew then, and if Python is gone.
USABLE := test -x $(PYTHON) && { ! test -s $(INSTALLED) || test "$$(cat $(INSTALLED))" = "$$(cd $(VENV) && pwd -P)"; }
ifneq ($(shell test ! -e $(INSTALLED) || { $(USABLE); } || echo anew),)
.PHONY: $(INSTALLED)
endif
# Of the time when it was begun, so that what is asked for meanwhile is newer.
BEGUN = $(PYTHON) -c 'import os, bookbuild; os.utime("$@", ns=(bookbuild.STARTED, bookbuild.STARTED))'

.DELETE_ON_ERROR:
.PHONY: help book pdf course slides executed test torch check rerun serve lint mutants bench screenshots messages lock clean

help:
	@echo 'make book     build the site into _build/html'
	@echo 'make test     build it, then run every test'
	@echo 'make check    style, types and every test that needs no build'
	@echo 'make torch    run the tests of reading PyTorch modules, with PyTorch installed aside'
	@echo 'make pdf      print the whole book into _build/how-much-compute.pdf, and link it from the site'
	@echo 'make course   write exercises for nbgrader, Moodle, QTI and PrairieLearn (VARIANTS=$(VARIANTS) SEED=$(SEED))'
	@echo 'make slides   write slides of every chapter, as pages and as PDF, into _build/course/slides'
	@echo 'make rerun    NOTEBOOK=inference-gpus PARAMS="visits_per_day=1e9 mfu=0.4"   one notebook, your assumptions'
	@echo 'make rerun    NOTEBOOK=inference-gpus SCENARIOS=scenarios.csv               one row a scenario, and a comparison'
	@echo 'make serve    build the site and serve it on localhost (PORT=8000)'
	@echo 'make lint     check the style and the types of the code'
	@echo 'make mutants  make mistakes by chance, and see whether tests notice (NUMBER=$(NUMBER), or all; SEED=$(SEED))'
	@echo 'make bench    measure builds, a rerun and the formulas'
	@echo 'make screenshots   renew the pictures in the README'
	@echo 'make messages   renew the catalogue of texts in the code (BEGIN=zh_CN begins a translation)'
	@echo 'make lock     renew the locked dependencies'
	@echo 'make clean    remove all that was built (not $(VENV))'

book: $(INSTALLED)
	+@$(PYTHON) -m bookbuild book $(DRY_RUN)
	@echo "The site is at $(CURDIR)/_build/html/index.html, after $$(( $$(date +%s) - $(START) )) s."

# The environment, from nothing but Python: pip installs uv, uv installs the rest, npm comes with it.
$(INSTALLED): requirements/bootstrap.txt requirements/locked.txt requirements/package-lock.json pyproject.toml bookbuild/pyproject.toml
	@sh requirements/install.sh $(VENV)
	@(cd $(VENV) && pwd -P) > $@ && $(BEGUN)

# What only tests, measurements and the print need: nobody waits for it to read the book.
$(TESTING): $(INSTALLED) requirements/tests.txt requirements/grading.txt
	@echo "  install  what tests need"
	@$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --require-hashes --compile-bytecode -r requirements/tests.txt
	@$(VENV)/bin/uv venv --quiet --clear --python $(PYTHON) $(VENV)/grading
	@$(VENV)/bin/uv pip sync --quiet --python $(VENV)/grading/bin/python --require-hashes --compile-bytecode requirements/grading.txt
	@cd $(VENV)/npm && npm install --include=dev --no-save --silent --ignore-scripts --no-audit --no-fund
	@touch $@ && $(BEGUN)

$(MUTATING): $(TESTING) requirements/mutants.txt
	@echo "  install  what mutation testing needs"
	@$(VENV)/bin/uv pip install --quiet --python $(PYTHON) --require-hashes --compile-bytecode -r requirements/mutants.txt
	@touch $@ && $(BEGUN)

# What is out of date is found by bookbuild/inputs.py: by contents, which times alone don't tell.
executed: $(INSTALLED)
	+@$(PYTHON) -m bookbuild executed $${NOTEBOOK:+"$$NOTEBOOK"} $(DRY_RUN)

# Aside, so that nothing else gets to depend on it. By pip, which people have told where their builds of PyTorch lie.
$(TORCH): $(TESTING) requirements/torch.txt
	@echo "  install  PyTorch"
	@$(PYTHON) -m pip install --quiet --upgrade --target $(VENV)/torch -r requirements/torch.txt
	@$(PYTHON) -m pip install --quiet --upgrade --target $(VENV)/torch --no-deps -r requirements/torchvision.txt
	@touch $@ && $(BEGUN)

pdf: $(TESTING)
	@$(PYTHON) -m bookbuild pdf
	@echo "The book is at $(CURDIR)/_build/how-much-compute.pdf, after $$(( $$(date +%s) - $(START) )) s."

course: $(INSTALLED)
	@$(PYTHON) -m bookbuild course --variants "$$VARIANTS" --seed "$$SEED"

slides: book $(TESTING)
	@$(PYTHON) -m bookbuild slides

# TESTED is what pytest is told besides. Cores take neighbours, which share a browser or a build, and a core that is
# done takes over from another. Tests that measure time run at the end and alone: other work would be measured with them.
test: book $(TESTING)
	@$(PYTEST) -n $(CORES) --dist worksteal -m 'not alone' $(TESTED)
	@$(PYTEST) -m alone $(TESTED)

torch: $(TORCH)
	@PYTHONPATH=$(VENV)/torch $(PYTEST) tests/test_pytorch.py $(TESTED)

check: lint
	@$(PYTEST) -n $(CORES) --dist worksteal $(TESTED) -m 'not built and not alone'

rerun: $(INSTALLED)
	@$(PYTHON) -m bookbuild rerun

serve: book
	@$(PYTHON) -m bookbuild serve

lint: $(TESTING)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/codespell

messages: $(INSTALLED)
	@$(PYTHON) -m bookbuild messages

mutants: $(MUTATING)
	@$(PYTHON) -m tests.mutants --number "$$NUMBER" --seed "$$SEED"

bench: book $(TESTING)
	@$(PYTHON) -m bookbuild.measure.bench

screenshots: book $(TESTING)
	@$(PYTHON) -m bookbuild.measure.screenshots

# With the environment as it is: what is asked for may not be in the locks yet.
lock:
	@test -e $(INSTALLED) || $(MAKE) --no-print-directory $(INSTALLED)
	@sh requirements/lock.sh

clean:
	rm -rf _build
