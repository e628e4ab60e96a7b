# The Debian archive, read through private apt lists: packages of other suites are found and downloaded without
# touching what the machine itself installs from. To be sourced; needs a scratch folder in $work. Packages are those for
# $archive_architecture, this machine's own unless set; NAME:ARCHITECTURE is one for another.

# The address of the Debian mirror that this machine's own sources name. apt itself reads them, so both of their
# formats work, and lists need not have been fetched.
archive_mirror() {
  if [ -n "${ALSA_UTIMER_DEBIAN_MIRROR:-}" ]; then
    printf '%s\n' "${ALSA_UTIMER_DEBIAN_MIRROR%/}"
    return
  fi
  # shellcheck disable=SC1091
  mirror=$(. /etc/os-release && apt-get -o Debug::NoLocking=1 --print-uris update 2>/dev/null |
    sed -n "s|^'\([^']*\)/dists/$VERSION_CODENAME/InRelease' .*|\1|p" | head -n 1)
  [ -n "$mirror" ] || {
    echo "kernel: no Debian mirror in this machine's apt sources; set ALSA_UTIMER_DEBIAN_MIRROR to one" >&2
    return 1
  }
  printf '%s\n' "$mirror"
}

archive_codename() (
  # shellcheck disable=SC1091
  . /etc/os-release && [ "$ID" = debian ] && printf '%s\n' "$VERSION_CODENAME" && exit
  echo "kernel: kernels are prepared from Debian packages, and this is ${PRETTY_NAME:-not Debian}." >&2
  echo "  Use a Debian 12 or 13 machine or container." >&2
  exit 1
)

# archive_open SUITE...: fetches the package lists of these suites; a suite that does not exist is left out.
archive_open() {
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  mirror=$(archive_mirror) || return 1
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  for suite in "$@"; do
    printf 'deb [signed-by=%s] %s %s main\n' "$keyring" "$mirror" "$suite"
  done >"$work/apt/sources.list"
  # Its status says nothing of use: one suite that does not exist is an error like any other.
  archive_apt apt-get update >"$work/apt/log" 2>&1 || :
  ls "$work"/apt/lists/*_Packages* >/dev/null 2>&1 || {
    echo "kernel: cannot read the package lists of $* from $mirror:" >&2
    sed 's/^/  /' "$work/apt/log" >&2
    return 1
  }
}

archive_apt() {
  archive_command=$1
  shift
  archive_own=$(dpkg --print-architecture)
  archive_wanted=${archive_architecture:-$archive_own}
  "$archive_command" -q -o APT::Architecture="$archive_wanted" -o APT::Architectures::="$archive_wanted" \
    -o APT::Architectures::="$archive_own" -o Dir::Etc::sourcelist="$work/apt/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::Lists="$work/apt/lists" -o Dir::Cache="$work/apt/cache" -o Dir::State::status=/dev/null \
    -o APT::Sandbox::User= -o Acquire::Retries=3 "$@"
}

# archive_newest REGEX: the package whose name matches and sorts last by version, or nothing.
archive_newest() {
  archive_apt apt-cache pkgnames 2>/dev/null | grep -E "$1" | sort -V | tail -n 1
}

archive_has() {
  [ -n "$(archive_apt apt-cache show "$1" 2>/dev/null)" ]
}

# archive_unpack FOLDER PACKAGE...: downloads packages and unpacks them there.
archive_unpack() {
  unpack_to=$1
  shift
  mkdir -p "$work/debs" "$unpack_to"
  rm -f "$work"/debs/*.deb
  (cd "$work/debs" && archive_apt apt-get download "$@") >"$work/apt/log" 2>&1 || {
    echo "kernel: cannot download $*:" >&2
    sed 's/^/  /' "$work/apt/log" >&2
    return 1
  }
  for deb in "$work"/debs/*.deb; do
    dpkg-deb -x "$deb" "$unpack_to" || return 1
    rm -f "$deb"
  done
}
