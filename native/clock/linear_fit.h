// Least squares over the last readings of a clock, by windows of several lengths at once. It knows the
// frequency at once, and averages noise away: with n readings the line ends with 2 / sqrt(n) of their noise.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>

#include "clock/clock_line.h"
#include "clock/clock_reading.h"

namespace alsa_utimer {

class LinearFit {
 public:
  // From 4 points on as the servo linreg of linuxptp, which ends at 64 and has one a second. Here there are
  // 16 a second: 256 of them are 16 s, about as long as an oscillator keeps its frequency to 10 ppb.
  static constexpr std::array<std::size_t, 7> kLengths{4, 8, 16, 32, 64, 128, 256};

  void restart() noexcept { count_ = 0; }
  void add(const ClockReading& reading) noexcept;

  // The line of a window, or of all readings while there are fewer.
  [[nodiscard]] const ClockLine& line(std::size_t window) const noexcept { return lines_[window]; }
  // The noise of its end, as a share of that of a reading.
  [[nodiscard]] double noise(std::size_t window) const noexcept {
    return 2 / std::sqrt(static_cast<double>(std::min(kLengths[window], count_)));
  }

 private:
  std::array<ClockReading, kLengths.back()> readings_{};  // a ring
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::array<ClockLine, kLengths.size()> lines_;
};

}  // namespace alsa_utimer
