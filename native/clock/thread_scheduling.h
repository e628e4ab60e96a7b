// What makes a thread wake in time, as far as this process may have it.
#pragma once

#include <cstdint>

namespace alsa_utimer {

struct SchedulingParameters {
  std::uint32_t priority;  // of SCHED_FIFO, or 0
  std::int32_t cpu;        // or -1
  bool lock_memory;
};

// Of each an errno, or 0 where it was not asked for or was given.
struct SchedulingRefusals {
  int priority = 0;
  int cpu = 0;
  int memory = 0;
};

// For the calling thread: PR_SET_TIMERSLACK 1 ns, sched_setscheduler(2), sched_setaffinity(2), and mlock(2)
// of its stack and of this library.
SchedulingRefusals schedule_thread(const SchedulingParameters& wanted) noexcept;

}  // namespace alsa_utimer
