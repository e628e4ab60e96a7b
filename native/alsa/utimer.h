// A userspace-driven timer (sound/core/timer.c: struct snd_utimer). The descriptor is the timer: closing it
// destroys the timer and frees its id before close(2) returns.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "alsa/unique_fd.h"

namespace alsa_utimer {

class Utimer {
 public:
  // SNDRV_TIMER_IOCTL_CREATE on the timer device `path`; `resolution` in ns. Throws SystemError.
  Utimer(const std::string& path, std::uint64_t resolution);
  Utimer(const Utimer&) = delete;
  Utimer& operator=(const Utimer&) = delete;

  // True when the kernel behind `path` has userspace-driven timers; throws SystemError when open fails.
  static bool supported(const std::string& path);

  [[nodiscard]] std::uint32_t id() const noexcept { return id_; }

  // SNDRV_TIMER_IOCTL_TRIGGER. Returns 0 or an errno; EBADF once closed. Triggers of one timer never overlap:
  // the kernel does not serialise them, and two at once lose a period or worse (CVE-2026-68200).
  int trigger() noexcept;

  // Keeps other threads from triggering and closing.
  using Lock = std::unique_lock<std::recursive_mutex>;
  [[nodiscard]] Lock lock() { return Lock(mutex_); }
  // As above, without a lock for each trigger.
  int trigger(const Lock& locked) noexcept;

  // The name of that call, and what its errno stands for: ClosedError for EBADF, or SystemError.
  static constexpr const char* kTriggerCall = "ioctl SNDRV_TIMER_IOCTL_TRIGGER";
  [[noreturn]] static void throw_trigger(int error);

  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

 private:
  std::recursive_mutex mutex_;
  UniqueFd fd_;
  std::uint32_t id_ = 0;
};

}  // namespace alsa_utimer
