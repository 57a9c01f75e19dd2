#!/bin/sh
# Renew the locks from what the two pyproject.toml and package.json ask for; no registry's address gets in.
set -eu
options="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet"
# What a build needs, then what tests need besides, and mutation testing, at the very same versions. Without the extra
# `torch`, which is larger than all others together: its tests run where it is installed.
uv pip compile pyproject.toml --extra book bookbuild/pyproject.toml $options --upgrade --output-file requirements/locked.txt
uv pip compile pyproject.toml --extra book --extra calibration --extra simulation --extra sweep --extra test bookbuild/pyproject.toml \
  $options --upgrade --constraints requirements/locked.txt --output-file requirements/tests.txt
uv pip compile pyproject.toml --extra book --extra calibration --extra simulation --extra sweep --extra test --extra mutants bookbuild/pyproject.toml $options --upgrade \
  --constraints requirements/tests.txt --output-file requirements/mutants.txt
# What grades notebooks, in an environment of its own: it brings what slows down whoever else checks JSON.
echo nbgrader | uv pip compile - $options --upgrade --output-file requirements/grading.txt
echo "$(grep '^uv==' requirements/locked.txt | cut -d' ' -f1)" | uv pip compile - $options --output-file requirements/bootstrap.txt
cd requirements
npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --silent
