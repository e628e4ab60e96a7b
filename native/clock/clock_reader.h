// One way to read a clock.
#pragma once

#include "clock/clock_reading.h"

namespace alsa_utimer {

// Any thread may read, also several at once.
class ClockReader {
 public:
  ClockReader() = default;
  ClockReader(const ClockReader&) = delete;
  ClockReader& operator=(const ClockReader&) = delete;
  virtual ~ClockReader() = default;

  // Returns an errno, or 0.
  virtual int read(ClockReading& reading) const noexcept = 0;
  // What it calls, for people.
  [[nodiscard]] virtual const char* method() const noexcept = 0;
};

}  // namespace alsa_utimer
