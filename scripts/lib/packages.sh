# What a script needs, by the names of Debian's packages: `need_packages NAME...` returns with all of it there, or says why
# not. Whatever came another way, on a distribution without apt for instance, is found by its commands and files; apt is one
# way to get the rest. To be sourced; plain POSIX sh. Everything it prints goes to stderr.

# Debian leaves these out of the PATH of users, who may nevertheless run modprobe --show-depends and ip.
case :$PATH: in
*:/usr/sbin:*) ;;
*) PATH=$PATH:/usr/sbin:/sbin ;;
esac

# have_package NAME: whether what the package is for is there.
have_package() {
  status=$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) && [ "$status" = installed ] && return 0
  case $1 in
  alsa-utils) have_commands aplay arecord && have_files /usr/share/sounds/alsa/*.wav ;;
  build-essential) have_commands gcc g++ make && have_header stdio.h ;;
  g++-x86-64-linux-gnu) have_commands x86_64-linux-gnu-g++ ;;
  g++-*-linux-gnu) have_commands "${1#g++-}-g++" ;;
  # gcc-12-aarch64-linux-gnu is aarch64-linux-gnu-gcc-12.
  gcc-[0-9]*-*-linux-gnu)
    triplet=${1#gcc-*-}
    version=${1#gcc-}
    have_commands "$triplet-gcc-${version%%-*}"
    ;;
  gcc-multilib-x86-64-linux-gnu)
    printf 'int main(void) { return 0; }' | x86_64-linux-gnu-gcc -m32 -x c -o /dev/null - 2>/dev/null
    ;;
  gcc-*-linux-gnu*) have_commands "${1#gcc-}-gcc" ;;
  gcc-multilib) printf 'int main(void) { return 0; }' | gcc -m32 -x c -o /dev/null - 2>/dev/null ;;
  groff-base) have_commands groff ;;
  gstreamer1.0-plugins-base) have_commands gst-inspect-1.0 && gst-inspect-1.0 --exists audioconvert ;;
  gstreamer1.0-plugins-good) have_commands gst-inspect-1.0 && gst-inspect-1.0 --exists rtpL24pay ;;
  gstreamer1.0-tools) have_commands gst-launch-1.0 gst-inspect-1.0 ;;
  iproute2) have_commands ip ;;
  jack-capture) have_commands jack_capture ;;
  jackd2) have_commands jackd ;;
  kmod) have_commands modprobe depmod ;;
  libasound2-dev) have_header alsa/asoundlib.h ;;
  # The guest's first program is linked statically.
  libc6-dev) have_header stdio.h && printf 'int main(void) { return 0; }' | gcc -static -x c -o /dev/null - 2>/dev/null ;;
  libelf-dev) have_header gelf.h ;;
  libspa-0.2-modules) have_files /usr/lib*/spa-0.2/alsa/*.so || have_files /usr/lib/*/spa-0.2/alsa/*.so ;;
  libssl-dev) have_header openssl/opensslv.h ;;
  libc6-dev-armhf-cross) have_files /usr/arm-linux-gnueabihf/lib/libc.a ;;
  libc6-arm64-cross) have_files /usr/aarch64-linux-gnu/lib/libc.so.6 ;;
  man-db) have_commands man ;;
  musl-tools) have_commands musl-gcc ;;
  pipewire-bin) have_commands pipewire pw-cat ;;
  qemu-user-static) have_commands qemu-aarch64-static ;;
  qemu-system-arm) have_commands qemu-system-aarch64 ;;
  qemu-system-x86) have_commands qemu-system-x86_64 ;;
  xz-utils) have_commands xz ;;
  *) have_commands "$1" ;;
  esac
}

have_commands() {
  for name in "$@"; do
    command -v "$name" >/dev/null || return 1
  done
}

# Takes the pattern as the shell left it: itself where nothing matched.
have_files() {
  [ -e "$1" ]
}

have_header() {
  printf '#include <%s>\n' "$1" | gcc -E -x c -o /dev/null - 2>/dev/null
}

# apt_name NAME: what apt is asked for. Debian lets its package gcc-multilib, which depends on the one of a version, stand beside
# no gcc for another processor.
apt_name() {
  case $1 in
  gcc-multilib) have_commands gcc && echo "gcc-$(gcc -dumpversion)-multilib" || echo "$1" ;;
  *) echo "$1" ;;
  esac
}

# Prints the packages among "$@" that are missing.
missing_packages() {
  for package in "$@"; do
    have_package "$package" || printf '%s ' "$(apt_name "$package")"
  done
}

# apt-get without questions, as root or through sudo. It waits up to ten minutes for another apt or dpkg.
packages_apt_get() {
  set -- env DEBIAN_FRONTEND=noninteractive apt-get -y -qq -o DPkg::Lock::Timeout=600 \
    -o Dpkg::Use-Pty=0 -o APT::Install-Recommends=false "$@"
  [ "$(id -u)" = 0 ] || set -- sudo "$@"
  "$@" >&2 </dev/null
}

need_packages() {
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  have_commands apt-get || {
    echo "packages: not found here, and there is no apt-get to get it: $missing" >&2
    echo "  These are Debian's names; install what your distribution calls them." >&2
    return 1
  }
  if [ "$(id -u)" != 0 ] && ! { command -v sudo >/dev/null && sudo -v 2>/dev/null; }; then
    echo "packages: not installed: $missing" >&2
    echo "packages: this needs root, and sudo is not usable here. Have an administrator run:" >&2
    echo "  apt-get update && apt-get install --no-install-recommends $missing" >&2
    return 1
  fi
  echo "packages: installing $missing" >&2
  # Lists that are absent (fresh container) or older than the archive show as a failed rehearsal.
  # shellcheck disable=SC2086
  if ! packages_apt_get --print-uris install $missing >/dev/null 2>&1; then
    packages_apt_get update || {
      echo "packages: 'apt-get update' failed, see above" >&2
      return 1
    }
  fi
  # shellcheck disable=SC2086
  packages_apt_get install $missing && return 0
  # A 404 means that the archive moved on since the lists were fetched.
  echo "packages: trying again with fresh lists" >&2
  # shellcheck disable=SC2086
  packages_apt_get update && packages_apt_get install $missing && return 0
  echo "packages: could not install $missing (see apt-get's messages above)" >&2
  echo "  'dpkg --configure -a' mends an interrupted installation" >&2
  return 1
}
