#!/usr/bin/env bash
# Prepares this machine: Debian packages, .venv, Python packages, networks.
# Usage: setup.sh run|test|walk|bench|docs
# When everything is there already, it takes a moment and needs no network.
# PYTHON=python3.12 chooses the Python of .venv. TORCH=1 installs PyTorch even where the package
# index has only its CUDA build. HASHES=0 takes packages from an index that builds them itself.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:-run}

debian=(python3-venv libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libfreetype6
        libglib2.0-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
        libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0
        fonts-noto-cjk)
# the tests of MQTT start mosquitto, those of the fleet PostgreSQL; those of webcams compile their
# stand-in
[ "$target" != run ] && debian+=(mosquitto postgresql gcc libc6-dev)
# a display without a screen, and a hand on it
[ "$target" = walk ] && debian+=(xvfb xdotool)

stamp_of() { cat setup.cfg constraints.txt requirements/*.txt scripts/setup.sh | sha256sum | cut -c1-16; }

is_installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q 'install ok installed'; }

missing_debian() {
    command -v dpkg-query >/dev/null || return 0 # not Debian: docs/install.md says what is needed
    local package
    for package in "${debian[@]}"; do
        # since Debian 13 libraries with 64-bit time have the suffix t64; apt finds them by the old name
        is_installed "$package" || is_installed "${package}t64" || echo "$package"
    done
}

install_debian() {
    local missing
    mapfile -t missing < <(missing_debian)
    [ ${#missing[@]} -eq 0 ] && return
    local line="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        as_root=()
    elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
        as_root=(sudo)
    else
        echo "Debian packages are missing. Let an administrator run this line, then try again:" >&2
        echo "    $line" >&2
        exit 2
    fi
    echo "Installing Debian packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() { # the first that works of the versions that the pinned packages are built for
    local name
    for name in ${PYTHON:-python3.11 python3.12 python3.13 python3}; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
            2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "Munjigi needs Python 3.11, 3.12 or 3.13; install one, or name it:" \
        "PYTHON=/path/to/python3.12" >&2
    return 2
}

make_venv() {
    [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
    local python
    python=$(find_python)
    echo "Making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
    pip_locked pip
}

pip_install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --constraint constraints.txt "$@"
}

pip_locked() { # pip_locked NAME [OPTIONS]: exactly the files in requirements/NAME.txt
    local file=requirements/$1.txt
    shift
    if [ "${HASHES:-1}" = 0 ]; then
        pip_install "$@" --requirement <(sed -e '/^ *--hash/d' -e 's/ *\\$//' "$file")
        return
    fi
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes "$@" \
        --requirement "$file" && return
    echo "If hashes do not match although you trust this package index: HASHES=0 make ${target}" >&2
    return 1
}

has_torch() {
    .venv/bin/python -c \
        'import importlib.util, sys; sys.exit(not importlib.util.find_spec("torch"))'
}

torch_fits() { # PyTorch is there, is asked for, or has a build without CUDA (several GB)
    [ -n "${TORCH:-}" ] || has_torch ||
        ! pip_install --dry-run --no-deps --report - torch | grep -q '"nvidia-'
}

install_python() { # install_python NAME: what requirements/NAME.txt locks
    echo "Installing Python packages ($1); this takes a few minutes the first time"
    pip_locked "$1"
    # from their source, with the setuptools that is installed already
    pip_locked networks --no-deps --no-build-isolation
    # without hashes: the builds of PyTorch differ from index to index
    if [ "$1" = test ] && torch_fits; then
        pip_install torch
        pip_install --no-deps torchvision
    fi
}

once() { # once NAME COMMAND...: skipped when it succeeded before with the same inputs
    local stamp=".venv/.munjigi-$1"
    shift
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(stamp_of)" ] && return
    "$@"
    stamp_of >"$stamp"
}

if [ ! -f ".venv/.munjigi-$target" ] || [ "$(cat ".venv/.munjigi-$target")" != "$(stamp_of)" ]; then
    install_debian
    make_venv
fi
case $target in
run) once run install_python run ;;
test) once test install_python test ;;
walk)
    once test install_python test
    once walk true ;; # its Debian packages are looked at once
docs) once docs install_python docs ;;
bench)
    once test install_python test
    # measured beside the kiosk; a peer without a package for this machine is left out
    for peer in openvino faiss-cpu usearch numkong dlib-bin; do
        once "peer-$peer" pip_install --no-deps "$peer" || echo "without $peer"
    done ;;
*) echo "usage: setup.sh run|test|walk|bench|docs" >&2; exit 2 ;;
esac
.venv/bin/python run_kiosk.py weights prepare --quiet
