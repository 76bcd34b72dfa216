#!/usr/bin/env bash
# Installs those of the given Debian or Ubuntu packages that are missing.
set -euo pipefail

missing=()
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' \
        || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
    echo "programs: all installed ($*)"
    exit 0
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || {
        echo "programs: ${missing[*]} are missing, and installing them needs root or sudo." >&2
        echo "Ask an administrator to run: apt-get install ${missing[*]}" >&2
        exit 1
    }
    root=(sudo)
fi
echo "programs: installing ${missing[*]}"
"${root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null
