#!/bin/sh -e
# On a kernel without userspace-driven timers: what the doctor and `utimer kernel` say before, after an installation and after
# its removal. Prints lines 'STEP JSON'.
folder=$1
release=$(uname -r)
utimer() { node dist/cli/main.js "$@"; }
status() { printf '%s %s\n' "$1" "$(utimer kernel status --json)"; }
doctor() {
  utimer doctor --json >/tmp/doctor || true
  node -e '
    const checks = require("fs").readFileSync("/tmp/doctor", "utf8").trim().split("\n").map((line) => JSON.parse(line));
    const of = (id) => checks.find((check) => check.id === id).status;
    console.log(process.argv[1], JSON.stringify({ userTimers: of("user-timers"), timer: of("timer-trial"), cable: of("cable-trial") }));
  ' "$1"
}
reload() {
  modprobe -r snd-aloop
  modprobe -r snd-hrtimer snd-pcm snd-timer
  modprobe snd-aloop
}
files() { (cd "/lib/modules/$release" && find . -type f ! -name 'modules.*' | sort | xargs sha256sum | sha256sum); }

modprobe snd-aloop
before=$(files)
status before
doctor doctor-before
utimer kernel build --headers "$folder/headers/usr/src/linux-headers-$release" --source "$folder/source" >&2
utimer kernel install >&2
status installed
reload
status reloaded
doctor doctor-reloaded
utimer kernel remove >&2
reload
status removed
[ "$(files)" = "$before" ] && [ ! -e "/lib/modules/$release/updates" ] && echo 'left true'
