#!/bin/sh
# Renew the locks from what pyproject.toml and package.json ask for; no registry's address gets in.
set -eu
options="--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --quiet --upgrade"
uv pip compile pyproject.toml --all-extras $options --output-file requirements/locked.txt
echo "$(grep '^uv==' requirements/locked.txt | cut -d' ' -f1)" | uv pip compile - $options --output-file requirements/bootstrap.txt
cd requirements
npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund --silent
