#include "clock/thread_scheduling.h"

#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace alsa_utimer {
namespace {

// More than the thread needs: all of a stack is more than most may lock.
constexpr std::size_t kStackBytes = std::size_t{128} << 10;

int set_priority(std::uint32_t priority) noexcept {
  sched_param parameters{};
  parameters.sched_priority = static_cast<int>(priority);
  return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
}

int set_cpu(std::int32_t cpu) noexcept {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu >= CPU_SETSIZE) {
    return EINVAL;
  }
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  return pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

int lock_stack() noexcept {
  pthread_attr_t attributes;
  if (const int error = pthread_getattr_np(pthread_self(), &attributes); error != 0) {
    return error;
  }
  void* address = nullptr;
  std::size_t bytes = 0;
  pthread_attr_getstack(&attributes, &address, &bytes);
  pthread_attr_destroy(&attributes);
  // It grows down.
  const std::size_t locked = std::min(bytes, kStackBytes);
  return ::mlock(static_cast<char*>(address) + (bytes - locked), locked) < 0 ? errno : 0;
}

// Locks the segments of the object that this function is in.
int lock_library() noexcept {
  int result = 0;
  ::dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* data) {
        const auto own = reinterpret_cast<std::uintptr_t>(&set_cpu);
        bool found = false;
        for (int i = 0; i < object->dlpi_phnum; ++i) {
          const auto& header = object->dlpi_phdr[i];
          const std::uintptr_t begin = object->dlpi_addr + header.p_vaddr;
          found = found || (header.p_type == PT_LOAD && own >= begin && own < begin + header.p_memsz);
        }
        for (int i = 0; found && i < object->dlpi_phnum; ++i) {
          const auto& header = object->dlpi_phdr[i];
          if (header.p_type == PT_LOAD &&
              ::mlock(reinterpret_cast<void*>(object->dlpi_addr + header.p_vaddr), header.p_memsz) < 0) {
            *static_cast<int*>(data) = errno;
          }
        }
        return found ? 1 : 0;
      },
      &result);
  return result;
}

}  // namespace

SchedulingRefusals schedule_thread(const SchedulingParameters& wanted) noexcept {
  SchedulingRefusals refusals;
  // The kernel adds 50 us to each sleep otherwise, for threads without a real-time priority.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (wanted.lock_memory) {
    refusals.memory = lock_stack();
    if (refusals.memory == 0) {
      refusals.memory = lock_library();
    }
  }
  if (wanted.cpu >= 0) {
    refusals.cpu = set_cpu(wanted.cpu);
  }
  if (wanted.priority > 0) {
    refusals.priority = set_priority(wanted.priority);
  }
  return refusals;
}

}  // namespace alsa_utimer
