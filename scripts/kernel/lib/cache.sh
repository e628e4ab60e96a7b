# What is kept from one preparation to the next: where, how long, and whether it is whole. To be sourced.

# Prints the folder of the cache, or says why there is none.
cache_folder() {
  cache_home=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  case $cache_home in
  '')
    echo "kernel: neither HOME nor XDG_CACHE_HOME is set; set one: kernels are kept below it" >&2
    return 1
    ;;
  *[[:space:]:]*)
    echo "kernel: '$cache_home' has a space or a colon in it, which the kernel's build cannot do with; set XDG_CACHE_HOME" >&2
    return 1
    ;;
  /*) printf '%s\n' "$cache_home/alsa-utimer" ;;
  *)
    echo "kernel: XDG_CACHE_HOME must be an absolute path, not '$cache_home'" >&2
    return 1
    ;;
  esac
}

# Days without a use after which a thing is dropped: a recipe may change with every checkout.
cache_days=60

# cache_used PATH...: a use of these. It does not matter where it cannot be noted.
cache_used() {
  touch -c "$@" 2>/dev/null || :
}

# cache_prune CACHE: drops kernels, initramfs, root file systems and downloads that nothing has used for long.
cache_prune() {
  [ ! -d "$1/roots" ] || find "$1/roots" -mindepth 1 -maxdepth 1 -type d -name '[a-z]*-????????????' \
    -mtime +$cache_days -exec rm -rf {} +
  [ ! -d "$1/kernels" ] || find "$1/kernels" -mindepth 1 -maxdepth 1 -type d -name '[a-z]*-????????????' \
    -mtime +$cache_days -exec rm -rf {} +
  [ ! -d "$1/kernels" ] || find "$1/kernels" -mindepth 2 -maxdepth 2 -type f -name 'initramfs-????????????' \
    -mtime +$cache_days -exec rm -f {} +
  [ ! -d "$1/downloads" ] || find "$1/downloads" -name '*.sha256' -mtime +$cache_days | while read -r sum; do
    rm -f "$sum" "${sum%.sha256}"
  done
}

# cache_check DOWNLOADS: drops what is no longer as it was downloaded, so that it is downloaded anew.
cache_check() {
  for kept in "$1"/*.tar.xz; do
    [ -f "$kept" ] || continue
    if [ -f "$kept.sha256" ]; then
      [ "$(sha256sum <"$kept")" = "$(cat "$kept.sha256")" ] && continue
    else
      xz -qt "$kept" 2>/dev/null && cache_seal "$kept" && continue
    fi
    echo "kernel: $kept is damaged; it will be downloaded again" >&2
    rm -f "$kept" "$kept.sha256"
  done
}

# cache_seal FILE: notes a download as it is, and this as a use of it.
cache_seal() {
  [ -f "$1.sha256" ] || { sha256sum <"$1" >"$1.partial.$$" && mv "$1.partial.$$" "$1.sha256"; } || return 1
  cache_used "$1.sha256"
}
