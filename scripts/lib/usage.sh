# What a script says of itself, which is the comment at its top. To be sourced before anything else, since it finds the script by
# the folder that it was started in; plain POSIX sh:
#   . "$(dirname "$0")/lib/usage.sh"

script=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

usage() { sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$script"; }

# wrong WORD...: ends the script, which was asked for what it does not do.
wrong() {
  printf '%s: %s\n' "${script##*/}" "$*" >&2
  usage >&2
  exit 2
}

# need_value OPTION [VALUE]...: ends the script where nothing follows the option.
need_value() { [ $# -gt 1 ] || wrong "$1 needs a value"; }

# take_none "$@": ends a script that takes no arguments where it has some, or is asked for help.
take_none() {
  [ "${1-}" != --help ] || {
    usage
    exit 0
  }
  [ $# = 0 ] || wrong "unknown argument '$1'; it takes none"
}
