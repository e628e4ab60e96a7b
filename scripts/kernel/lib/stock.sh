# The plain kernel: the distribution's own image and modules, and its headers and the source of snd-timer. The stock kernel:
# the same with snd-timer rebuilt so that it has userspace-driven timers (Debian leaves CONFIG_SND_UTIMER out). To be sourced;
# needs arch.sh, archive.sh, source.sh and $work.

stock_packages='gcc make kmod cpio xz-utils zstd rsync libelf-dev'

# Downloads the newest kernel of the distribution. Sets release and archive; unpacks to $work/root and $work/source.
stock_download() {
  codename=$(archive_codename) || return 1
  archive_architecture=$arch_debian
  image=
  for suites in "$codename" "$codename-backports"; do
    archive_open "$suites" || return 1
    # The signed image can be newer or older than the headers on offer; both must be of one build.
    for candidate in $(archive_apt apt-cache pkgnames linux-image- | sort -rV |
      grep -E '^linux-image-(6\.(1[2-9]|[2-9][0-9])|[7-9])[0-9.]*(\+deb[0-9.]+)?-'"$arch_debian\$"); do
      archive_has "linux-headers-${candidate#linux-image-}" || continue
      image=$candidate
      break 2
    done
  done
  [ -n "$image" ] || {
    echo "kernel: neither $codename nor $codename-backports has a kernel of 6.12 or later (the first with utimers)" >&2
    return 1
  }
  release=${image#linux-image-}
  base=${release%-"$arch_debian"}
  series=$(printf '%s' "$release" | sed 's/^\([0-9]*\.[0-9]*\).*/\1/')
  if ! archive_has "linux-source-$series"; then
    echo "kernel: $suites has $image but no linux-source-$series" >&2
    return 1
  fi
  say "stock kernel $release: downloading image and headers"
  # The programs that build modules are for this machine, whatever the modules are for.
  archive_unpack "$work/root" "$image" "linux-headers-$release" "linux-headers-$base-common" \
    "linux-kbuild-$base:$(dpkg --print-architecture)" || return 1
  archive=$(source_archive "linux-source-$series") || return 1
  say "unpacking the source"
  # shellcheck disable=SC2086
  source_extract "$archive" "$work/source" sound/core/timer.c sound/core/timer_compat.c $source_selftest_parts \
    $arch_headers
}

# What both kernels have: vmlinux, config, release, modules/ and source/.
stock_keep() {
  mkdir -p "$1/modules/lib/modules" "$1/source"
  mv "$work/root/lib/modules/$release" "$1/modules/lib/modules/" || return 1
  modules=$1/modules/lib/modules/$release
  # These point into the packages' own places, which do not exist here.
  rm -f "$modules/build" "$modules/source"
  case $arch_kernel in
  # An uncompressed image boots through PVH, which saves unpacking it at every start.
  x86) sh "$work/source/scripts/extract-vmlinux" "$work/root/boot/vmlinuz-$release" >"$1/vmlinux" ;;
  *) cp "$work/root/boot/vmlinuz-$release" "$1/vmlinux" ;;
  esac || return 1
  cp "$work/root/boot/config-$release" "$1/config"
  printf '%s\n' "$release" >"$1/release"
  ARCH=$arch_kernel source_keep_selftests "$work/source" "$1/source"
}

# build_stock FOLDER: fills it.
build_stock() {
  stock_download || return 1
  say "building snd-timer with CONFIG_SND_UTIMER"
  stock_build_module || return 1
  stock_keep "$1" || return 1
  rm -f "$modules/kernel/sound/core/snd-timer.ko.xz"
  cp "$work/module/snd-timer.ko" "$modules/kernel/sound/core/"
}

# build_plain FOLDER PLACE: fills it, to be moved to PLACE.
build_plain() {
  stock_download || return 1
  stock_place_headers "$2/headers" || return 1
  stock_keep "$1" && plain_thin_out "$1" || return 1
  mkdir -p "$1/source/sound/core" "$1/headers/usr"
  cp "$work/source/sound/core/timer.c" "$work/source/sound/core/timer_compat.c" "$1/source/sound/core/" &&
    mv "$work/root/usr/src" "$work/root/usr/lib" "$1/headers/usr/"
}

# Leaves the modules that sound needs, and the guest: depmod reads each one, which takes minutes under emulation.
plain_thin_out() {
  depmod -b "$1/modules" "$release" || return 1
  for module in $initramfs_modules snd-aloop; do
    modprobe -d "$1/modules" -S "$release" --show-depends "$module" 2>/dev/null
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u >"$work/wanted"
  find "$modules/kernel" -name '*.ko*' | sort | comm -23 - "$work/wanted" | xargs rm -f
  find "$modules/kernel" -type d -empty -delete
}

# Makes the unpacked headers those of a place: Debian's include their common part by its installed path.
stock_place_headers() {
  sed -i "s| /usr/src/| $1/usr/src/|" "$work/root/usr/src/linux-headers-$release/Makefile" || return 1
  compiler=$(sed -n 's/^CC = .*\(gcc-[0-9]*\)$/\1/p' "$work/root/usr/src/linux-headers-$release/.kernelvariables")
  [ -z "$compiler" ] || need_packages "$compiler${arch_cross:+-${arch_cross%-}}"
}

# Compiles timer.c against the unpacked headers into $work/module/snd-timer.ko.
stock_build_module() {
  headers=$work/root/usr/src/linux-headers-$release
  stock_place_headers "$work/root" || return 1
  mkdir "$work/module"
  cp "$work/source/sound/core/timer.c" "$work/source/sound/core/timer_compat.c" "$work/module/"
  # The option is set for this one file; nothing in the rest of the kernel asks for it. Its name appears as it would
  # in a configuration, so IS_ENABLED and #ifdef both see it.
  cat >"$work/module/Kbuild" <<'KBUILD'
ccflags-y += -DCONFIG_SND_UTIMER=1
obj-m += snd-timer.o
snd-timer-y := timer.o
KBUILD
  # Type information for BPF is left out: it needs pahole, and nothing here reads it.
  make -C "$headers" M="$work/module" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$work/module.log" 2>&1 || {
    echo "kernel: building snd-timer failed:" >&2
    tail -n 30 "$work/module.log" >&2
    return 1
  }
}
