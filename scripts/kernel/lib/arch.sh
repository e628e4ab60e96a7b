# The processors that a guest may have, as Node.js names them, and what Debian, the kernel, the compilers and QEMU call each.
# To be sourced.

# arch_choose ARCH: sets arch_debian, arch_kernel, arch_cross (the prefix of compilers; none for this machine's own), arch_qemu,
# arch_packages (QEMU and the compiler) and arch_headers (what `make headers_install` reads besides).
arch_choose() {
  case $1 in
  x64)
    arch_debian=amd64 arch_kernel=x86 arch_cross='' arch_qemu=qemu-system-x86_64
    arch_packages='qemu-system-x86 gcc libc6-dev' arch_headers=''
    ;;
  arm64)
    arch_debian=arm64 arch_kernel=arm64 arch_cross=aarch64-linux-gnu- arch_qemu=qemu-system-aarch64
    arch_packages='qemu-system-arm g++-aarch64-linux-gnu'
    arch_headers='arch/arm64/Makefile arch/arm64/include/uapi arch/arm64/include/asm/Kbuild arch/arm64/kernel/Makefile.syscalls
      arch/arm64/tools'
    ;;
  *) return 1 ;;
  esac
}
