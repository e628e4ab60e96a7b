// A delay-locked loop of second order, as F. Adriaensen describes it ("Using a DLL to filter time", 2005):
// each reading pulls the phase and the frequency of a line towards itself.
#pragma once

#include "clock/clock_line.h"
#include "clock/clock_reading.h"

namespace alsa_utimer {

class DelayLockedLoop {
 public:
  void restart() noexcept { *this = {}; }
  void add(const ClockReading& reading) noexcept;

  [[nodiscard]] const ClockLine& line() const noexcept { return line_; }
  // The noise of its end, as a share of that of a reading.
  [[nodiscard]] double noise() const noexcept;

 private:
  ClockLine line_;
  double omega_ = 0;  // of the last reading: how far the loop turns between two
  std::int64_t began_at_ = 0;
  std::int64_t taken_at_ = 0;
  bool begun_ = false;
};

}  // namespace alsa_utimer
