# The guest's kernels, by name. To be sourced; plain POSIX sh.

# check_kernel SCRIPT NAME [OTHER]: fails, with a message, unless NAME is a kernel that has the timers, or OTHER. What a script is
# asked for is checked before anything is installed for it.
check_kernel() {
  case $2 in
  stock | small | sanitized | "${3-stock}") ;;
  *)
    printf "%s: there is no kernel '%s': it takes one of stock, %ssmall, sanitized\n" "$1" "$2" "${3:+$3, }" >&2
    return 1
    ;;
  esac
}

# check_arch SCRIPT ARCH KERNEL: fails, with a message, unless a guest with this processor has such a kernel.
check_arch() {
  case $2 in
  x64) ;;
  arm64)
    case $3 in
    stock | small) ;;
    *)
      printf "%s: for arm64 there are the stock and the small kernel, not '%s'\n" "$1" "$3" >&2
      return 1
      ;;
    esac
    ;;
  *)
    printf "%s: there is no processor '%s': it takes one of x64, arm64\n" "$1" "$2" >&2
    return 1
    ;;
  esac
}
