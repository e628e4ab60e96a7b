#!/bin/sh -e
# Runs desktop.mjs in a guest as in a session of a desktop: with udev, a session bus, and what WirePlumber takes for logind.
here=$(cd "$(dirname "$0")" && pwd)
export HOME=/run/desktop/home XDG_RUNTIME_DIR=/run/desktop/session
mkdir -p $HOME $XDG_RUNTIME_DIR /run/systemd/seats /run/systemd/sessions /run/systemd/users /run/systemd/machines
chmod 700 $XDG_RUNTIME_DIR
/lib/systemd/systemd-udevd --daemon 2>/dev/null
modprobe snd-aloop pcm_substreams=2
udevadm trigger --action=add
udevadm settle
exec dbus-run-session -- node "$here/desktop.mjs"
