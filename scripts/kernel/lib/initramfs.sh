# The initramfs of a guest: one static program (vm/guest) and the modules it loads before the host's root file
# system can be mounted. To be sourced; needs arch.sh, $work and $scripts.

# Those without a module of their own are built into the kernel.
initramfs_modules='9pnet_virtio 9p overlay snd-timer snd-pcm snd-hrtimer'

# build_initramfs KERNEL_FOLDER FILE. The same sources and compiler make the same bytes. $guest_compiler is another compiler than
# gcc.
build_initramfs() {
  tree=$work/initramfs-tree
  mkdir -p "$tree/dev" "$tree/proc" "$tree/sys" "$tree/root" "$tree/modules"
  "${guest_compiler:-${arch_cross}gcc}" -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Werror -static -o "$tree/init" "$scripts"/../vm/guest/*.c || return 1
  "${arch_cross:-}strip" "$tree/init" || return 1
  # Modules are numbered in the order they are to be loaded, each after those it needs.
  number=100
  for path in $(initramfs_module_paths "$1"); do
    number=$((number + 1))
    name=$(basename "$path")
    case $path in
    *.xz) xz -dc "$path" >"$tree/modules/$number-${name%.xz}" ;;
    *.zst) zstd -qdc "$path" >"$tree/modules/$number-${name%.zst}" ;;
    *) cp "$path" "$tree/modules/$number-$name" ;;
    esac || return 1
  done
  chmod -R u=rwX,go=rX "$tree" && find "$tree" -exec touch -h -d @0 {} + || return 1
  (cd "$tree" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc -R 0:0) >"$2"
}

initramfs_module_paths() {
  for module in $initramfs_modules; do
    modprobe -d "$1/modules" -S "$(cat "$1/release")" --show-depends "$module" 2>/dev/null
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++'
}
