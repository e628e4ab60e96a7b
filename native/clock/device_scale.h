// A clock that runs by an oscillator of its own, a PTP device for instance: followed by a servo, and by its
// last frequency once it cannot be read any more.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "clock/clock_reader.h"
#include "clock/servo.h"
#include "clock/time_scale.h"

namespace alsa_utimer {

class DeviceScale final : public TimeScale {
 public:
  explicit DeviceScale(std::shared_ptr<const ClockReader> reader) : reader_(std::move(reader)) {}

  bool observe(std::int64_t monotonic_ns) noexcept override;
  [[nodiscard]] std::int64_t next_observation() const noexcept override { return next_; }

  [[nodiscard]] std::int64_t to_monotonic(std::int64_t clock_ns) const noexcept override {
    return servo_.line().to_monotonic(clock_ns);
  }
  [[nodiscard]] std::int64_t from_monotonic(std::int64_t monotonic_ns) const noexcept override {
    return servo_.line().from_monotonic(monotonic_ns);
  }

  [[nodiscard]] State state() const noexcept override;
  [[nodiscard]] std::uint64_t steps() const noexcept override { return steps_; }
  [[nodiscard]] Step last_step() const noexcept override { return step_; }
  [[nodiscard]] double frequency_ppb() const noexcept override { return servo_.line().rate() * 1e9; }
  [[nodiscard]] std::int64_t reading_delay_ns() const noexcept override { return delay_ns_; }
  [[nodiscard]] std::int64_t phase_error_ns() const noexcept override;
  [[nodiscard]] int error() const noexcept override { return error_; }

 private:
  std::shared_ptr<const ClockReader> reader_;
  Servo servo_;
  std::int64_t next_ = 0;
  std::uint64_t steps_ = 0;
  Step step_{};
  std::int64_t delay_ns_ = 0;
  int error_ = 0;
};

}  // namespace alsa_utimer
