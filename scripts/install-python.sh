#!/usr/bin/env bash
# Creates a virtual environment with the locked packages and this project, installed in place:
# install-python.sh PYTHON VENV UV LOCKFILE PROJECT
set -euo pipefail

python=$1 venv=$2 uv=$3 lock=$4 project=$5

"$python" - <<'CHECK' || exit 1
import sys
if sys.version_info < (3, 11):
    sys.exit(f"Python 3.11 or later is required, but {sys.executable} is {sys.version.split()[0]}."
             " Use another one: make env PYTHON=/path/to/python3")
CHECK
if [ ! -x "$venv/bin/python" ]; then
    echo "python: creating $venv with $("$python" --version)"
    "$python" -m venv "$venv"
fi
if [ "$("$venv/bin/uv" --version 2>/dev/null | cut -d' ' -f2)" != "$uv" ]; then
    "$venv/bin/pip" install --quiet --disable-pip-version-check "uv==$uv"
fi
echo "python: installing the packages of $lock"
# The newer of two casatools wheels needs an OpenSSL that Debian 12 does not have: ask for wheels
# of an older platform. Compile now: jobs may not be able to write the compiled files, and each would
# then spend half a second compiling.
"$venv/bin/uv" pip sync --quiet --compile-bytecode --python "$venv/bin/python" \
    --python-platform x86_64-manylinux_2_28 "$lock"
# Needs no network: setuptools, which does it, is among the locked packages.
"$venv/bin/uv" pip install --quiet --offline --no-deps --no-build-isolation \
    --python "$venv/bin/python" --editable "$project"
