#!/usr/bin/env bash
# Writes requirements/*.txt: every package of setup.cfg with all that it needs, at the versions
# of constraints.txt, for Python 3.11 to 3.13 and all machines, each with the hashes of its files.
# To be run after a change of setup.cfg or constraints.txt; needs the package index.
# PyTorch is not in them: its builds differ from index to index (with CUDA, or for the CPU alone).
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x build/uv/bin/uv ] || {
    python3 -m venv build/uv
    build/uv/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt uv
}

lock() { # lock NAME PYTHON [OPTIONS]: reads the requirements from standard input
    local name=$1 python=$2
    shift 2
    build/uv/bin/uv pip compile --quiet --no-config --universal --python-version "$python" \
        --generate-hashes --no-annotate --no-header --constraint constraints.txt "$@" \
        --output-file "requirements/$name.txt" -
}

mkdir -p requirements
rm -f requirements/*.txt
of() { python3 scripts/requirements.py "$1" --without torch torchvision; }
echo pip | lock pip 3.11
of run,gpio,serial,mqtt,fleet | lock run 3.11
of run,learning,gpio,serial,mqtt,fleet,test,lint | lock test 3.11
of run,docs | lock docs 3.11.5
# their own pins are years old (FaceNet) or need packages that nobody ships any more (dlib's networks)
printf '%s\n' facenet-pytorch face_recognition_models | lock networks 3.11 --no-deps
