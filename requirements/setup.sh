#!/bin/sh
# Makes .venv, with everything that dev.txt pins and this project in place (editable).
# `make setup` calls it when there is none yet or when a lock file or pyproject.toml is newer.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

started=$(date +%s)
doing="bringing .venv up to date with"
note=""

# A half-made environment, or one whose Python is gone, is made anew.
if [ -d .venv ] && ! { PYTHON=.venv/bin/python sh requirements/find-python.sh && .venv/bin/python -m pip --version; } >/dev/null 2>&1; then
    say ".venv does not work; making it anew"
    rm -rf .venv
fi

if [ ! -d .venv ]; then
    python=$(sh requirements/find-python.sh)
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    # Debian keeps these two in a package of their own.
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        package="python$version-venv"
        if ! command -v apt-get >/dev/null; then
            fail "$python lacks the modules venv and ensurepip; install them, or another Python"
        elif [ "$(id -u)" -ne 0 ]; then
            fail "$python lacks the module ensurepip; run: sudo apt-get install $package"
        fi
        say "$python lacks the module ensurepip; installing Debian's $package"
        apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y "$package" >/dev/null ||
            fail "apt-get could not install $package; install it, then run make setup again"
    fi
    say "making .venv with Python $version ($python)"
    doing="installing"
    note=" (some hundred MB: minutes, the first time)"
    "$python" -m venv .venv || { rm -rf .venv; fail "$python could not make .venv"; }
fi

count=$(cat requirements/run.txt requirements/dev.txt | grep -c '==')
say "$doing $count pinned packages$note"
.venv/bin/python -m pip install -qq --disable-pip-version-check -r requirements/dev.txt ||
    fail "pip could not install requirements/dev.txt (see above); run make setup again once mended"
# setuptools is among the pinned packages, so nothing else is fetched to build with
.venv/bin/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e . ||
    fail "pip could not install the project itself (see above)"

say "done in $(($(date +%s) - started)) s; the command is .venv/bin/tocsin"
