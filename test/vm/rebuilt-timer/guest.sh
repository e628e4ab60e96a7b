#!/bin/sh -e
# On a kernel without userspace-driven timers: what the doctor and `utimer kernel` say before, after an installation and after its
# removal, by hand and by DKMS; and what comes of both where the kernel takes signed modules only. Prints lines 'STEP JSON'.
#   guest.sh KERNEL MODULE    folders: the prepared kernel, and a snd-timer that was built for it
kernel=$1
built=$2
release=$(uname -r)
modules=/lib/modules/$release
utimer() { node dist/cli/main.js "$@"; }
status() { printf '%s %s\n' "$1" "$(utimer kernel status --json)"; }
# Standard input, as a string.
text() { node -e 'console.log(process.argv[1], JSON.stringify(require("fs").readFileSync(0, "utf8")))' "$1"; }
doctor() {
  utimer doctor --json >/tmp/doctor || true
  node -e '
    const checks = require("fs").readFileSync("/tmp/doctor", "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const of = (id) => checks.find((check) => check.id === id);
    const [userTimers, timer, cable] = ["user-timers", "timer-trial", "cable-trial"].map((id) => of(id).status);
    console.log(process.argv[1], JSON.stringify({ userTimers, timer, cable, next: of("kernel-option").next.join("\n") }));
  ' "$1"
}
unload() {
  modprobe -r snd-aloop
  modprobe -r snd-hrtimer snd-pcm snd-timer
}
reload() {
  unload
  modprobe snd-aloop
}
files() { (cd "$modules" && find . -type f ! -name 'modules.*' | sort | xargs sha256sum | sha256sum); }
# As it was before, without a trace of a package.
left() {
  [ "$(files)" = "$before" ]
  for trace in "$modules/updates" /var/lib/dkms/alsa-utimer /usr/src/alsa-utimer*; do [ ! -e "$trace" ]; done
  echo "$1 true"
}
# What modprobe and the kernel say of a module that is not taken.
refused() {
  dmesg --clear
  if modprobe snd-timer 2>/tmp/refused; then return 1; fi
  dmesg >>/tmp/refused
  text "$1" </tmp/refused
}

modprobe snd-aloop
before=$(files)
# As the packages of the kernel and of its headers leave them.
cp "$kernel/config" "/boot/config-$release"
ln -s "$kernel/headers/usr/src/linux-headers-$release" "$modules/build"
status before
doctor doctor-before

utimer kernel install --folder "$built" >&2
status installed
doctor doctor-installed
reload
status reloaded
doctor doctor-reloaded
utimer kernel remove >&2
utimer kernel status | text removed-loaded
# Nothing tells the configuration, and the timers are those of the module that was removed.
mv "/boot/config-$release" /tmp/
utimer kernel install --folder "$built" --dry-run | text removed-loaded-install
mv "/tmp/config-$release" /boot/
reload
status removed
left by-hand

# dpkg does not know this kernel, so there is no source of it: DKMS is given nothing that fails.
if utimer kernel install --dkms 2>/tmp/error >&2; then exit 1; fi
text no-source </tmp/error
left no-source-left
utimer kernel install --dkms --source "$kernel/source" >&2
reload
status dkms
dkms status | text dkms-status

# DKMS has signed it, with a key that this kernel does not know.
unload
echo Y >/sys/module/module/parameters/sig_enforce
refused refused-key
status enforced
doctor doctor-enforced
utimer kernel install --dkms --source "$kernel/source" --dry-run 2>/dev/null | tail -n 1 | text advice
utimer kernel remove >&2
modprobe snd-aloop
status dkms-removed
left by-dkms

# By hand, it is signed with that key.
unload
install -D -m 644 "$built/snd-timer.ko" "$modules/updates/snd-timer.ko"
depmod
refused refused-unsigned
mv /var/lib/dkms/mok.key /tmp/
if utimer kernel install --folder "$built" 2>/tmp/error >&2; then exit 1; fi
text no-key </tmp/error
mv /tmp/mok.key /var/lib/dkms/
utimer kernel install --folder "$built" >&2
status signed
