// What the timer device tells everybody about timers, without being bound to one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace alsa_utimer {

// struct snd_timer_id, but for the slave class, which tells slaves apart and timers never.
struct TimerAddress {
  int device_class;  // SNDRV_TIMER_CLASS_*
  int card;          // -1 for a global timer
  int device;
  int subdevice;
};

// SNDRV_TIMER_IOCTL_GINFO
struct TimerGinfo {
  std::uint32_t flags;  // SNDRV_TIMER_FLG_*
  std::int32_t card;
  std::string id;
  std::string name;
  std::uint64_t resolution;  // ns, as its min and max
  std::uint64_t resolution_min;
  std::uint64_t resolution_max;
  std::uint32_t clients;  // open instances: listeners and cables
};

// SNDRV_TIMER_IOCTL_GSTATUS
struct TimerGstatus {
  std::uint64_t resolution;              // ns
  std::uint64_t resolution_numerator;    // of seconds
  std::uint64_t resolution_denominator;  // of seconds
};

// `path` is the timer device. All throw SystemError; ENODEV when there is no such timer.
TimerGinfo ginfo(const std::string& path, const TimerAddress& address);
TimerGstatus gstatus(const std::string& path, const TimerAddress& address);
// SNDRV_TIMER_IOCTL_GPARAMS: the period in seconds, as a fraction.
void set_gparams(const std::string& path, const TimerAddress& address, std::uint64_t numerator,
                 std::uint64_t denominator);

// One GINFO each on one descriptor; nothing for timers that do not exist.
std::vector<std::optional<TimerGinfo>> ginfo_of_each(const std::string& path,
                                                     const std::vector<TimerAddress>& addresses);

// What SNDRV_TIMER_IOCTL_NEXT_DEVICE walks through: of the userspace-driven timers, only the lowest.
std::vector<TimerAddress> enumerate_timers(const std::string& path);

}  // namespace alsa_utimer
