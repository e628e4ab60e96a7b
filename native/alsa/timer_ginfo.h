// What the kernel tells about a timer to everybody: SNDRV_TIMER_IOCTL_GINFO.
#pragma once

#include <cstdint>
#include <string>

namespace alsa_utimer {

struct TimerAddress {
  int device_class;  // SNDRV_TIMER_CLASS_*
  int card;          // -1 for a global timer
  int device;
  int subdevice;
};

struct TimerGinfo {
  std::uint64_t resolution;  // ns
  std::uint32_t clients;     // open instances: listeners and cables
};

// Throws SystemError; ENODEV when there is no such timer. `path` is the timer device.
TimerGinfo ginfo(const std::string& path, const TimerAddress& address);

}  // namespace alsa_utimer
