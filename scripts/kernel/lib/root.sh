# The root file system of a guest whose processor is not this machine's: Debian's packages for it, unpacked, and from npm Node.js
# and what vitest needs. None of it is run here, nothing of this machine is touched, and no root is needed. To be sourced; needs
# arch.sh, archive.sh, $arch, $work and $scripts. Its own variables begin with root_, since its callers have others.

root_packages='alsa-utils base-files base-passwd bash bsdutils coreutils dash findutils gawk grep hostname iproute2 kmod libasan8
  libc6 libstdc++6 libubsan1 make mount ncurses-base procps sed util-linux'
# Programs that cables and streams are tried with.
root_packages="$root_packages ffmpeg gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-tools
  jack-capture jackd2 libspa-0.2-modules linuxptp pipewire-bin sox"

# The addons of the test runner, by their packages; each is of the version that this checkout has for its own processor.
root_addons='@rolldown/binding-linux-ARCH-gnu lightningcss-linux-ARCH-gnu'

# build_root FOLDER
build_root() {
  archive_architecture=$arch_debian
  codename=$(archive_codename) && archive_open "$codename" || return 1
  # shellcheck disable=SC2086
  archive_apt apt-get -y --no-install-recommends --download-only -o Debug::NoLocking=1 install $root_packages \
    >"$work/apt/log" 2>&1 || {
    echo "kernel: cannot download the packages of the root file system:" >&2
    tail -n 5 "$work/apt/log" | sed 's/^/  /' >&2
    return 1
  }
  # Packages for folders that others have made links of.
  mkdir -p "$1"
  for root_link in bin lib sbin; do
    mkdir -p "$1/usr/$root_link" && ln -s "usr/$root_link" "$1/$root_link" || return 1
  done
  for root_deb in "$work"/apt/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$root_deb" | tar -x --keep-directory-symlink -C "$1" || return 1
    rm -f "$root_deb"
  done
  # What the packages' own scripts would have done.
  cp "$1/usr/share/base-passwd/passwd.master" "$1/etc/passwd" &&
    cp "$1/usr/share/base-passwd/group.master" "$1/etc/group" || return 1
  ln -sf dash "$1/bin/sh"
  ln -sf gawk "$1/usr/bin/awk"
  # Libraries of which the machine's owner may choose another.
  for root_library in "$1"/usr/lib/*/blas/libblas.so.3 "$1"/usr/lib/*/lapack/liblapack.so.3; do
    ln -sf "$(basename "$(dirname "$root_library")")/$(basename "$root_library")" "$(dirname "$root_library")/../" || return 1
  done
  printf '127.0.0.1 localhost guest\n::1 localhost\n' >"$1/etc/hosts"
  mkdir -p "$1/dev" "$1/proc" "$1/sys" "$1/run" "$1/tmp" "$1/root" "$1/usr/local/bin"
  chmod 1777 "$1/tmp"
  root_add_node "$1"
}

# Node.js, in the version of this machine's scripts, and the addons of the test runner.
root_add_node() {
  root_node=$("$scripts/runtimes" --arch "$arch" node20 | cut -d ' ' -f 2) && cp "$root_node" "$1/usr/local/bin/node" || return 1
  root_wanted=
  for root_addon in $root_addons; do
    root_own=$(printf '%s' "$root_addon" | sed 's/ARCH/x64/')
    root_version=$(node -p 'require(process.argv[1]).version' "$scripts/../node_modules/$root_own/package.json") || return 1
    root_wanted="$root_wanted $(printf '%s' "$root_addon" | sed "s/ARCH/$arch/")@$root_version"
  done
  mkdir -p "$work/addons"
  # shellcheck disable=SC2086
  npm install --prefix "$work/addons" --force --cpu="$arch" --no-save --no-package-lock --ignore-scripts --no-audit --no-fund \
    --loglevel=error $root_wanted >&2 || return 1
  mkdir -p "$1/usr/local/lib" && mv "$work/addons/node_modules" "$1/usr/local/lib/"
}
