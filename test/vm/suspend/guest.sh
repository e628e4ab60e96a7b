#!/bin/sh -e
# Runs suspend.mjs in a guest from memory alone: no file of the host can be read any more once virtio-9p was suspended.
root=$(cd "$(dirname "$0")/../../.." && pwd)
ram=/run/suspend
mkdir -p $ram
mount -t tmpfs none $ram
copy() { mkdir -p "$ram$(dirname "$1")"; cp -rL "$1" "$ram$1"; }
node=$(readlink -f "$(command -v node)")
copy "$node"
for library in $(ldd "$node" | grep -o '/[^ ]*'); do copy "$library"; done
copy "$root/dist"
copy "$root/package.json"
copy "$root/native/prebuilt.cjs"
copy "$root/build/Release/alsa_utimer.node"
copy "$root/test/vm/suspend/suspend.mjs"
for folder in dev proc sys; do mkdir $ram/$folder; mount --rbind /$folder $ram/$folder; done
modprobe snd-aloop
echo devices >/sys/power/pm_test
echo 1 >/sys/module/suspend/parameters/pm_test_delay
exec chroot $ram "$node" "$root/test/vm/suspend/suspend.mjs"
