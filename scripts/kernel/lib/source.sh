# The kernel source as Debian packages it (linux-source-X.Y, a tar archive), and what is kept of it in the cache: the
# selftests of ALSA and the headers they are compiled with. To be sourced; needs $work and $downloads.

# source_archive PACKAGE: the path of the package's tar archive, downloaded once for all kernels that use it.
source_archive() {
  source_version=$(archive_apt apt-cache show --no-all-versions "$1" | sed -n 's/^Version: //p')
  source_kept=$downloads/$1_$source_version.tar.xz
  if [ ! -f "$source_kept" ]; then
    say "downloading $1 ($source_version)"
    archive_unpack "$work/source-package" "$1" || return 1
    mkdir -p "$downloads"
    mv "$work/source-package/usr/src/$1.tar.xz" "$downloads/.partial.$$" &&
      mv "$downloads/.partial.$$" "$source_kept" || return 1
    rm -rf "$work/source-package"
  fi
  printf '%s\n' "$source_kept"
}

# What the selftests and `make headers_install` read.
source_selftest_parts='Makefile Kbuild Kconfig scripts include/uapi include/asm-generic usr/include
  arch/x86/Makefile arch/x86/Makefile_32.cpu arch/x86/include/uapi arch/x86/include/asm/Kbuild arch/x86/entry/syscalls
  arch/x86/tools tools/include tools/testing/selftests/alsa tools/testing/selftests/kselftest tools/testing/selftests/lib.mk
  tools/testing/selftests/kselftest.h tools/testing/selftests/kselftest_harness.h'

# source_extract ARCHIVE FOLDER [PART...]: the whole tree, or some files and folders of it, without the leading folder.
# A part that this version does not have is left out.
source_extract() {
  extract_archive=$1
  extract_to=$2
  shift 2
  mkdir -p "$extract_to"
  top=$(basename "$extract_archive") top=${top%%_*}
  # shellcheck disable=SC2046
  XZ_OPT=-T0 tar -xJf "$extract_archive" -C "$extract_to" --strip-components=1 \
    $(for part in "$@"; do printf '%s ' "$top/$part"; done) 2>"$work/tar.log" && return 0
  [ $# -gt 0 ] && ! grep -v -e 'Not found in archive' -e 'Exiting with failure' "$work/tar.log" >&2
}

# source_keep_selftests TREE FOLDER: installs the kernel's headers and copies the selftests of ALSA out of the tree.
source_keep_selftests() {
  make -s -C "$1" headers_install INSTALL_HDR_PATH="$2/usr" >"$work/headers.log" 2>&1 || {
    echo "kernel: 'make headers_install' failed:" >&2
    tail -n 20 "$work/headers.log" >&2
    return 1
  }
  mkdir -p "$2/tools/testing/selftests" &&
    (cd "$1/tools/testing/selftests" && cp -a alsa ./*.h lib.mk "$2/tools/testing/selftests/" &&
      { [ ! -d kselftest ] || cp -a kselftest "$2/tools/testing/selftests/"; })
}
