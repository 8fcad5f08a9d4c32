#!/bin/sh
# Prints the path of a Python that Tocsin runs on, 3.11 to 3.13: the one that $PYTHON names, or
# else the first that answers. A shim that stands for a version that is not installed does not.
set -eu

answers() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

if [ -n "${PYTHON:-}" ]; then
    if answers "$PYTHON"; then
        echo "$PYTHON"
        exit 0
    fi
    echo "setup: PYTHON=$PYTHON is no Python 3.11, 3.12 or 3.13" >&2
    exit 1
fi

for candidate in python3.11 python3 python3.12 python3.13 python; do
    if answers "$candidate"; then
        echo "$candidate"
        exit 0
    fi
done

echo "setup: no Python 3.11, 3.12 or 3.13 found; install one, or name it: make setup PYTHON=/path/to/python3.11" >&2
exit 1
