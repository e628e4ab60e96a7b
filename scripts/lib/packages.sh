# Debian packages that a script needs: `need_packages NAME...` returns with all of them installed, or says why not.
# To be sourced; plain POSIX sh. Everything it prints goes to stderr.

# Prints the packages among "$@" that are not installed.
missing_packages() {
  for package in "$@"; do
    status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
    [ "$status" = installed ] || printf '%s ' "$package"
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
  command -v dpkg-query >/dev/null && command -v apt-get >/dev/null || {
    echo "packages: no apt-get here; install these, or what your distribution calls them: $*" >&2
    return 1
  }
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
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
