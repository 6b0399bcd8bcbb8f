#!/usr/bin/env bash
# Installs, starts, upgrades, removes and purges the package in a fresh Debian made with
# debootstrap: the running release, or SUITE. The first start has no network.
# Needs root, the package mirror, and about 3 GB.
# Usage: test_deb.sh build/munjigi_VERSION_ARCH.deb [SUITE]
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(pwd)/build/deb/root
mirror=http://deb.debian.org/debian
say() { printf '\n== %s\n' "$*"; }
fail() { echo "test_deb: $*" >&2; exit 1; }

here() { # a command in the new root, with its own processes
    unshare --mount --pid --fork -- sh -c \
        'mount -t proc proc "$0/proc" 2>/dev/null; mount -t sysfs sys "$0/sys" 2>/dev/null
         exec chroot "$0" "$@"' "$root" \
        env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive HOME=/root "$@"
}
offline() { unshare --net -- bash scripts/test_deb.sh --inside "$@"; }
if [ "$1" = --inside ]; then shift; here "$@"; exit; fi
package=$(readlink -f "$1")
suite=${2:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
base=build/deb/base-$suite

say "a fresh root of Debian $suite"
[ -e "$base/etc/debian_version" ] ||
    debootstrap --variant=minbase "$suite" "$base" "$mirror" >build/deb/debootstrap.log
rm -rf "$root"
cp -a "$base" "$root"
here apt-get update -qq

say "install"
cp "$package" "$root/tmp/munjigi.deb"
here apt-get install -y -qq --no-install-recommends /tmp/munjigi.deb >build/deb/install.log 2>&1 ||
    { tail -20 build/deb/install.log; fail "it cannot be installed"; }
rm "$root/tmp/munjigi.deb"
here sh -c 'id munjigi && test "$(stat -c "%U %a" /var/lib/munjigi)" = "munjigi 700" &&
    test -f /usr/lib/systemd/system/munjigi.service' || fail "user, folder or unit is missing"

say "first start, without a network"
for attempt in 1 2 3; do # the tour gives up on a machine that is too busy
    offline munjigi run --tour /var/lib/munjigi/tour >build/deb/start.log 2>&1 && break
    echo "attempt $attempt: $(tail -1 build/deb/start.log)"
done
tail -12 build/deb/start.log
grep -q ACCEPT build/deb/start.log && grep -q REJECT build/deb/start.log ||
    fail "the tour accepted or rejected nobody"
offline munjigi people list | grep -q '^0 people' || fail "the data folder is not the user's"
here sh -c 'test "$(stat -c %U /var/lib/munjigi/munjigi.db)" = munjigi &&
    test "$(stat -c "%U %a" /var/lib/munjigi-keys)" = "munjigi 700"' ||
    fail "the database is not the user's"
offline munjigi lock check
offline munjigi doctor >build/deb/doctor.log || true
grep -q PROBLEM build/deb/doctor.log && { cat build/deb/doctor.log; fail "doctor found a problem"; }
said=$(offline munjigi evaluate dlib --images /tmp 2>&1 || true)
grep -q "from its source" <<<"$said" ||
    fail "a command that is not inside does not say where to get it"

say "upgrade, from a package that gave the folder of settings to the kiosk's user"
here sh -c 'test "$(stat -c "%U %a" /etc/munjigi)" = "root 755" &&
    test "$(stat -c "%U %G %a" /etc/munjigi/config.toml)" = "root munjigi 640"' ||
    fail "the settings are not root's"
here sh -c 'printf "[door]\nname = \"kept\"\n" >/etc/munjigi/config.toml; echo kept >/var/lib/munjigi/kept
    chown munjigi /etc/munjigi /etc/munjigi/config.toml
    setpriv --reuid=munjigi --regid=munjigi --clear-groups sh -c "
        ln -s /etc/shadow /etc/munjigi/policy.toml; ln -s /root /var/lib/munjigi/imports"'
next=build/deb/next.deb
sed -i 's/^Version: .*/Version: 99.0/' build/deb/tree/DEBIAN/control
dpkg-deb --root-owner-group -Znone --build build/deb/tree "$next" >/dev/null
cp "$next" "$root/tmp/next.deb"
here apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold \
    /tmp/next.deb >>build/deb/install.log 2>&1 || fail "it cannot be upgraded"
rm "$root/tmp/next.deb"
here sh -c 'dpkg-query -W -f "\${Version}\n" munjigi | grep -qx 99.0 &&
    grep -q kept /etc/munjigi/config.toml && test -f /var/lib/munjigi/kept' ||
    fail "settings or data did not survive the upgrade"
here sh -c 'test "$(stat -c "%U %a" /etc/munjigi)" = "root 755" && test -z "$(find / -xdev -user munjigi \
    -not -path "/var/lib/munjigi*" -not -path "/var/log/munjigi*" -not -name policy.toml.refused)"' ||
    fail "something of root's was given to the kiosk's user"
offline munjigi people list | grep -q '^0 people' || fail "it does not start after the upgrade"

say "remove, then purge"
here apt-get remove -y -qq munjigi >>build/deb/install.log 2>&1
here sh -c 'test ! -e /usr/lib/munjigi && test ! -e /usr/bin/munjigi &&
    test -f /var/lib/munjigi/kept && test -f /etc/munjigi/config.toml' ||
    fail "removing took the data, or left the program"
here apt-get purge -y -qq munjigi >>build/deb/install.log 2>&1
here sh -c 'test ! -e /var/lib/munjigi && test ! -e /var/lib/munjigi-keys &&
    test ! -e /etc/munjigi && ! getent passwd munjigi' || fail "purging left something"
rm -rf "$root" "$next"
say "the package installs, starts offline, upgrades, and is removed"
