#!/usr/bin/env bash
# Style, format, types and import contracts. Needs what `setup.sh test` installs.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=.venv/bin
"$bin/ruff" check .
"$bin/ruff" format --check .
if "$bin/python" -c \
    'import importlib.util, sys; sys.exit(not importlib.util.find_spec("torch"))'; then
    "$bin/mypy"
else
    echo "Without PyTorch: the types of kiosk/learning are not checked."
    "$bin/mypy" --exclude '^kiosk/learning/' --follow-imports silent
fi
"$bin/lint-imports"
