# The small kernel: a whole kernel from the newest source that Debian offers, configured with what a guest needs and
# nothing else; and the sanitized one, which is the same with KASAN and lockdep. To be sourced; needs arch.sh, archive.sh,
# source.sh and $work.

small_packages='build-essential bc flex bison libelf-dev libssl-dev xz-utils kmod rsync cpio'

# build_small FOLDER [FRAGMENT...]: fills it with vmlinux, release, config, built-from, licenses/, modules/ and source/.
build_small() {
  small_out=$1
  shift
  codename=$(archive_codename) || return 1
  # Backports of the current stable release carry the newest kernels; only their source is taken, so the machine's
  # own release does not matter.
  archive_open "$codename" "$codename-backports" trixie-backports || return 1
  package=$(archive_newest '^linux-source-[0-9]+\.[0-9]+$')
  [ -n "$package" ] || {
    echo "kernel: no linux-source package in $codename, $codename-backports or trixie-backports" >&2
    return 1
  }
  archive=$(source_archive "$package") || return 1
  say "unpacking $package"
  source_extract "$archive" "$work/source" || return 1
  small_date=$(LC_ALL=C date -u -r "$work/source/Makefile") || return 1

  small_make tinyconfig || return 1
  # A guest with KVM runs on real processors: what the kernel does about their faults stays as it is by default.
  sed -i '/^# CONFIG_.*ERRATUM.* is not set$/d' "$work/source/.config" || return 1
  cat "$@" >>"$work/source/.config"
  small_make olddefconfig || return 1
  small_check_config "$@" || return 1
  say "building $package with $(nproc) processors; this takes several minutes (log: $work/build.log)"
  case $arch_kernel in
  x86) small_image=vmlinux ;;
  *) small_image=Image ;;
  esac
  small_make -j"$(nproc)" "$small_image" modules || return 1
  mkdir -p "$small_out/modules" "$small_out/source"
  small_make modules_install INSTALL_MOD_PATH="$small_out/modules" INSTALL_MOD_STRIP=1 || return 1
  release=$(ARCH=$arch_kernel make -s -C "$work/source" kernelrelease) || return 1
  rm -f "$small_out/modules/lib/modules/$release/build" "$small_out/modules/lib/modules/$release/source"
  case $arch_kernel in
  x86) strip -o "$small_out/vmlinux" "$work/source/vmlinux" ;;
  *) cp "$work/source/arch/$arch_kernel/boot/Image" "$small_out/vmlinux" ;;
  esac || return 1
  cp "$work/source/.config" "$small_out/config"
  printf '%s\n' "$release" >"$small_out/release"
  small_keep_origin "$small_out" || return 1
  ARCH=$arch_kernel source_keep_selftests "$work/source" "$small_out/source"
}

# What whoever passes the kernel on has to say of it: built-from, which names its source and compiler, and its licence.
small_keep_origin() {
  {
    archive_apt apt-cache show --no-all-versions "$package" | grep -E '^(Package|Source|Version): '
    printf 'Compiler: %s\n' "$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"$/\1/p' "$1/config")"
  } >"$1/built-from"
  mkdir "$1/licenses" &&
    cp "$work/source/COPYING" "$work/source/LICENSES/preferred/GPL-2.0" \
      "$work/source/LICENSES/exceptions/Linux-syscall-note" "$1/licenses/"
}

# Nothing of a kernel says when, where or by whom it was built: the same source and compiler make the same bytes.
small_make() {
  ARCH=$arch_kernel CROSS_COMPILE=$arch_cross \
    KBUILD_BUILD_TIMESTAMP=$small_date KBUILD_BUILD_USER=nobody KBUILD_BUILD_HOST=localhost \
    make -C "$work/source" "$@" >>"$work/build.log" 2>&1 && return 0
  echo "kernel: 'make $*' failed:" >&2
  tail -n 30 "$work/build.log" >&2
  return 1
}

# olddefconfig drops what it cannot satisfy without a word. A fragment line that got lost is an error, unless a later
# fragment overrides it.
small_check_config() {
  lost=$(grep -h '^CONFIG_' "$@" | grep -vxFf "$work/source/.config")
  [ -z "$lost" ] || {
    echo "kernel: this source cannot have these settings together with the others; mend scripts/kernel/config:" >&2
    printf '%s\n' "$lost" | sed 's/^/  /' >&2
    return 1
  }
}
