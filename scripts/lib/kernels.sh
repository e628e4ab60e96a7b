# The guest's kernels, by name. To be sourced; plain POSIX sh.

# check_kernel SCRIPT NAME: fails, with a message, unless NAME is one that scripts/kernel/prepare can prepare. What a script
# is asked for is checked before anything is installed for it.
check_kernel() {
  case $2 in
  stock | small | sanitized) ;;
  *)
    printf "%s: there is no kernel '%s': it takes one of stock, small, sanitized\n" "$1" "$2" >&2
    return 1
    ;;
  esac
}
