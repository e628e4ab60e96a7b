// A clock of the system that runs as CLOCK_MONOTONIC does, at a distance that changes only where it is set:
// CLOCK_REALTIME, CLOCK_TAI, and CLOCK_BOOTTIME, which has the time of each suspend besides.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "clock/clock_line.h"
#include "clock/clock_reader.h"
#include "clock/time_scale.h"

namespace alsa_utimer {

class SystemScale final : public TimeScale {
 public:
  explicit SystemScale(std::shared_ptr<const ClockReader> reader) : reader_(std::move(reader)) {}

  bool observe(std::int64_t monotonic_ns) noexcept override;
  [[nodiscard]] std::int64_t next_observation() const noexcept override { return next_; }

  [[nodiscard]] std::int64_t to_monotonic(std::int64_t clock_ns) const noexcept override {
    return line_.to_monotonic(clock_ns);
  }
  [[nodiscard]] std::int64_t from_monotonic(std::int64_t monotonic_ns) const noexcept override {
    return line_.from_monotonic(monotonic_ns);
  }

  [[nodiscard]] State state() const noexcept override { return begun_ ? State::kLocked : State::kAcquiring; }
  [[nodiscard]] std::uint64_t steps() const noexcept override { return steps_; }
  [[nodiscard]] Step last_step() const noexcept override { return step_; }
  [[nodiscard]] double frequency_ppb() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t reading_delay_ns() const noexcept override { return delay_ns_; }
  [[nodiscard]] std::int64_t phase_error_ns() const noexcept override { return phase_error_ns_; }
  [[nodiscard]] int error() const noexcept override { return error_; }

 private:
  std::shared_ptr<const ClockReader> reader_;
  ClockLine line_;
  // Each reading says between which two distances the clock is from CLOCK_MONOTONIC. All of them since the
  // last step hold at once.
  std::int64_t least_ns_ = 0;
  std::int64_t most_ns_ = 0;
  bool begun_ = false;
  std::int64_t next_ = 0;
  std::uint64_t steps_ = 0;
  Step step_{};
  std::int64_t delay_ns_ = 0;
  std::int64_t phase_error_ns_ = 0;
  int error_ = 0;
};

}  // namespace alsa_utimer
