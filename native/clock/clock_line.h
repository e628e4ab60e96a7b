// A clock as a straight line over CLOCK_MONOTONIC: where it stands at one instant, and how much faster it is.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "clock/clock_reading.h"

namespace alsa_utimer {

class ClockLine {
 public:
  // A line that no clock of any kernel exceeds: drivers allow adjustments of a tenth at most (ptp_clock_info:
  // max_adj). It keeps to_monotonic() defined whatever a clock says.
  static constexpr double kMostRate = 0.5;

  // CLOCK_MONOTONIC itself.
  ClockLine() noexcept = default;
  // At `monotonic_ns` the clock stands at `clock_ns` + `phase_ns`. It is faster by the share `rate`.
  ClockLine(std::int64_t monotonic_ns, std::int64_t clock_ns, double phase_ns, double rate) noexcept
      : monotonic_ns_(monotonic_ns),
        clock_ns_(clock_ns),
        phase_ns_(phase_ns),
        rate_(std::clamp(rate, -kMostRate, kMostRate)) {}

  // Beyond the range of 64 bits both answer its ends.
  [[nodiscard]] std::int64_t from_monotonic(std::int64_t monotonic_ns) const noexcept {
    const std::int64_t passed = difference(monotonic_ns, monotonic_ns_);
    return sum(sum(clock_ns_, passed), rounded(phase_ns_ + rate_ * static_cast<double>(passed)));
  }
  [[nodiscard]] std::int64_t to_monotonic(std::int64_t clock_ns) const noexcept {
    const std::int64_t passed = difference(clock_ns, clock_ns_);
    const double excess = (phase_ns_ + rate_ * static_cast<double>(passed)) / (1 + rate_);
    return sum(sum(monotonic_ns_, passed), rounded(-excess));
  }

  // By how much a reading is ahead of the line, in ns with their fraction.
  [[nodiscard]] double error_of(const ClockReading& reading) const noexcept {
    const std::int64_t passed = difference(reading.monotonic_ns, monotonic_ns_);
    const std::int64_t gone = difference(reading.clock_ns, clock_ns_);
    return static_cast<double>(difference(gone, passed)) - phase_ns_ - rate_ * static_cast<double>(passed);
  }

  [[nodiscard]] double rate() const noexcept { return rate_; }

 private:
  using Limits = std::numeric_limits<std::int64_t>;

  static std::int64_t sum(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t result = 0;
    return !__builtin_add_overflow(a, b, &result) ? result : b < 0 ? Limits::min() : Limits::max();
  }
  static std::int64_t difference(std::int64_t a, std::int64_t b) noexcept {
    std::int64_t result = 0;
    return !__builtin_sub_overflow(a, b, &result) ? result : b > 0 ? Limits::min() : Limits::max();
  }
  static std::int64_t rounded(double ns) noexcept {
    constexpr double kEnd = 9.2e18;  // within 64 bits
    return std::llround(std::clamp(ns, -kEnd, kEnd));
  }

  std::int64_t monotonic_ns_ = 0;
  std::int64_t clock_ns_ = 0;
  double phase_ns_ = 0;
  double rate_ = 0;
};

}  // namespace alsa_utimer
