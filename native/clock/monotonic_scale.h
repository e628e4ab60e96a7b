// CLOCK_MONOTONIC itself.
#pragma once

#include <limits>

#include "clock/time_scale.h"

namespace alsa_utimer {

class MonotonicScale final : public TimeScale {
 public:
  bool observe(std::int64_t /*monotonic_ns*/) noexcept override { return false; }
  [[nodiscard]] std::int64_t next_observation() const noexcept override {
    return std::numeric_limits<std::int64_t>::max();
  }
  [[nodiscard]] std::int64_t to_monotonic(std::int64_t clock_ns) const noexcept override { return clock_ns; }
  [[nodiscard]] std::int64_t from_monotonic(std::int64_t monotonic_ns) const noexcept override {
    return monotonic_ns;
  }
  [[nodiscard]] State state() const noexcept override { return State::kFree; }
  [[nodiscard]] State first_state() const noexcept override { return State::kFree; }
  [[nodiscard]] std::uint64_t steps() const noexcept override { return 0; }
  [[nodiscard]] Step last_step() const noexcept override { return {}; }
  [[nodiscard]] double frequency_ppb() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t reading_delay_ns() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t phase_error_ns() const noexcept override { return 0; }
  [[nodiscard]] int error() const noexcept override { return 0; }
};

}  // namespace alsa_utimer
