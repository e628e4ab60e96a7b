// How wrong a model of a clock was of late: by how much it missed readings of the second that came.
#pragma once

#include <limits>

#include "clock/clock_line.h"
#include "clock/clock_reading.h"

namespace alsa_utimer {

// One reading shows mostly its own noise, and the mean of several tells models apart. They are compared with
// what a model said before all of them: one that runs after each reading would be right on average.
class PredictionError {
 public:
  void restart() noexcept { *this = {}; }

  // `line` is what the model says before it knows of the reading.
  void add(const ClockLine& line, const ClockReading& reading) noexcept {
    if (count_ == 0) {
      line_ = line;
    }
    sum_ += line_.error_of(reading);
    if (++count_ < kReadings) {
      return;
    }
    const double mean = sum_ / kReadings;
    const bool first = square_ == std::numeric_limits<double>::infinity();
    square_ = first ? mean * mean : square_ + (mean * mean - square_) / kMemory;
    sum_ = 0;
    count_ = 0;
  }

  // The mean square in ns^2; infinite until there were enough readings.
  [[nodiscard]] double square() const noexcept { return square_; }

 private:
  static constexpr int kReadings = 16;
  static constexpr double kMemory = 16;

  ClockLine line_;
  double sum_ = 0;
  int count_ = 0;
  double square_ = std::numeric_limits<double>::infinity();
};

}  // namespace alsa_utimer
