#!/usr/bin/env bash
# Builds build/munjigi_VERSION_ARCH.deb with all Python packages inside.
# Usage: build_deb.sh [VERSION]
# Building needs the package index once; the package itself needs no network. It fits Debians with
# the same Python as the one on which it was built: 3.11 on Debian 12, 3.13 on Debian 13.
set -euo pipefail
cd "$(dirname "$0")/.."
version=${1:-$(.venv/bin/python -c 'import kiosk; print(kiosk.__version__)')}
architecture=$(dpkg --print-architecture)
tree=build/deb/tree
own=$tree/usr/lib/munjigi

minor_of() { "$1" -c 'import sys; print(sys.version_info[1])'; }
minor=$(minor_of .venv/bin/python)
if [ "$minor" != "$(minor_of /usr/bin/python3)" ]; then
    echo "The package needs the system's Python, and .venv has 3.$minor;" \
        "run: make clean && PYTHON=/usr/bin/python3 make deb" >&2
    exit 2
fi

libraries() { # the pinned packages, kept between builds with the same pins
    local stamp kept
    stamp=$(cat requirements/run.txt scripts/build_deb.sh | sha256sum | cut -c1-16)-3.$minor
    kept=build/deb/lib-$stamp
    if [ ! -d "$kept" ]; then
        rm -rf build/deb/lib-*
        # onnx only serves to prepare networks, and the prepared ones are inside
        awk '/^[a-z]/ { kept = !/^(onnx|ml-dtypes|pip|setuptools)==/ } kept' requirements/run.txt \
            >build/deb/requirements.txt
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --only-binary :all: \
            --no-compile --no-deps --require-hashes --requirement build/deb/requirements.txt \
            --target "$kept.part"
        slim "$kept.part"
        mv "$kept.part" "$kept"
    fi
    cp -r "$kept" "$own/lib"
}

slim() { # removes what a program of widgets never loads: two thirds of the size
    local qt=$1/PySide6
    rm -rf "$1"/bin "$1"/pip* "$1"/setuptools* "$1"/_distutils_hack "$1"/pkg_resources
    rm -f "$1"/distutils-precedence.pth
    rm -rf "$qt"/Qt/{qml,translations,metatypes,libexec} "$qt"/{include,typesystems,glue,doc} "$qt"/*.pyi
    rm -rf "$qt"/Qt/plugins/{designer,qmllint,qmltooling,sqldrivers,vectorimageformats}
    rm -rf "$qt"/Qt/plugins/wayland-graphics-integration-server
    rm -f "$qt"/Qt/lib/libQt6{Quick,Qml,Designer,Labs,Lottie,Help,UiTools,Sql,WaylandCompositor}*
    rm -f "$qt"/Qt{Quick,Qml,Designer,Help,UiTools,Sql}*.so
    find "$qt" -maxdepth 1 -type f -executable ! -name '*.so*' ! -name '*.py' -delete
}

program() {
    install -d "$own/weights/cache"
    cp -r kiosk assets run_kiosk.py LICENSE "$own/"
    rm -rf "$own/kiosk/learning" # needs PyTorch; its commands say so
    cp weights/*.toml weights/*.npz weights/*.onnx "$own/weights/"
    cp -L weights/cache/*.onnx "$own/weights/cache/"
    find "$own" -name __pycache__ -prune -exec rm -rf {} +
    # some packages ship templates that are not valid Python: they stay uncompiled
    .venv/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash "$own" >/dev/null ||
        true
}

system() {
    install -D -m 0755 deploy/munjigi "$tree/usr/bin/munjigi"
    install -D -m 0644 -t "$tree/usr/lib/systemd/system" deploy/munjigi.service \
        deploy/munjigi-x11.service deploy/munjigi-stick@.service
    install -D -m 0755 -t "$own" deploy/mount-stick
    install -D -m 0644 -t "$tree/usr/lib/udev/rules.d" deploy/60-munjigi.rules \
        deploy/90-munjigi-sticks.rules
    install -D -m 0644 deploy/60-munjigi-polkit.rules \
        "$tree/usr/share/polkit-1/rules.d/60-munjigi.rules"
    install -D -m 0644 deploy/munjigi.logrotate "$tree/etc/logrotate.d/munjigi"
    install -D -m 0644 deploy/config.toml "$tree/etc/munjigi/config.toml"
    install -D -m 0644 -t "$tree/usr/share/doc/munjigi" README.md CHANGELOG.md docs/*.md
    install -D -m 0644 weights/README.md "$tree/usr/share/doc/munjigi/networks.md"
    install -D -m 0644 LICENSE "$tree/usr/share/doc/munjigi/copyright"
}

control() {
    local size
    size=$(du -sk "$tree" | cut -f1)
    install -d "$tree/DEBIAN"
    sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$architecture/" -e "s/@SIZE@/$size/" \
        -e "s/@PYTHON@/3.$minor/" -e "s/@NEXT_PYTHON@/3.$((minor + 1))/" \
        deploy/debian/control >"$tree/DEBIAN/control"
    install -m 0755 -t "$tree/DEBIAN" deploy/debian/{preinst,postinst,prerm,postrm}
    install -m 0644 -t "$tree/DEBIAN" deploy/debian/conffiles
}

.venv/bin/python run_kiosk.py weights prepare --quiet
rm -rf "$tree"
mkdir -p "$own"
libraries
program
system
control
chmod -R u=rwX,go=rX "$tree"
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" -z1 \
    --build "$tree" "build/munjigi_${version}_$architecture.deb"
