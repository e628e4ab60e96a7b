// What the libstdc++ and libgcc of gcc 12 take from the C library that they were built for, and glibc 2.28
// or musl do not have.
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/auxv.h>
#include <sys/single_threaded.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" {
#pragma GCC visibility push(hidden)

// glibc 2.32. "Perhaps there are threads", so that reference counts are atomic.
char __libc_single_threaded = 0;

// glibc has it, musl does not. libgcc asks whether there is one, and takes no locks where there is none.
int __pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) {
  return pthread_key_create(key, destructor);
}

// glibc 2.35. The unwinder asks for the object that has a program counter, and its .eh_frame_hdr.
static int look(dl_phdr_info* info, std::size_t /*size*/, void* data) {
  auto& found = *static_cast<dl_find_object*>(data);
  const auto pc = reinterpret_cast<std::uintptr_t>(found.dlfo_map_start);
  std::uintptr_t begin = UINTPTR_MAX;
  std::uintptr_t end = 0;
  std::uintptr_t frames = 0;
  bool has_pc = false;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    const std::uintptr_t start = info->dlpi_addr + header.p_vaddr;
    if (header.p_type == PT_LOAD) {
      begin = std::min(begin, start);
      end = std::max(end, start + header.p_memsz);
      has_pc = has_pc || (pc >= start && pc - start < header.p_memsz);
    } else if (header.p_type == PT_GNU_EH_FRAME) {
      frames = start;
    }
  }
  if (!has_pc || frames == 0) {
    return 0;
  }
  found.dlfo_map_start = reinterpret_cast<void*>(begin);
  found.dlfo_map_end = reinterpret_cast<void*>(end);
  found.dlfo_eh_frame = reinterpret_cast<void*>(frames);
  return 1;
}

int _dl_find_object(void* pc, dl_find_object* result) noexcept {
  result->dlfo_map_start = pc;
  return dl_iterate_phdr(look, result) == 1 ? 0 : -1;
}

#ifdef __aarch64__
// glibc's name of getauxval. libgcc asks whether the processor has atomics of one instruction.
unsigned long __getauxval(unsigned long type) { return getauxval(type); }
#endif

#pragma GCC visibility pop
}
