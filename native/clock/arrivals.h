// The clock of a sender of which nothing is known but when its packets came, and which media time they have.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "clock/clock_line.h"
#include "clock/clock_reading.h"
#include "clock/priority_mutex.h"
#include "clock/servo.h"
#include "clock/time_scale.h"

namespace alsa_utimer {

// What the thread that receives and the one that plays share. All times are ns, those of arrivals of
// CLOCK_MONOTONIC.
class Arrivals {
 public:
  // So long without a packet the last frequency goes on.
  explicit Arrivals(std::int64_t quiet_ns) noexcept : quiet_ns_(quiet_ns) {}

  // From the one that receives.
  void add(std::int64_t arrival_ns, std::int64_t media_ns) noexcept {
    const std::lock_guard lock(mutex_);
    if (!earliest_ || arrival_ns - media_ns < earliest_->monotonic_ns - earliest_->clock_ns) {
      earliest_ = {.monotonic_ns = arrival_ns, .clock_ns = media_ns, .delay_ns = 0};
    }
  }
  // What the clock says at an instant; CLOCK_MONOTONIC before the first packet.
  [[nodiscard]] std::int64_t time_at(std::int64_t monotonic_ns) noexcept {
    const std::lock_guard lock(mutex_);
    return line_.from_monotonic(monotonic_ns);
  }

  // From the one that plays. Packets are late, and never early: of those since the last call it takes the one
  // that was late least.
  [[nodiscard]] std::optional<ClockReading> take() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(earliest_, std::nullopt);
  }
  void publish(const ClockLine& line) noexcept {
    const std::lock_guard lock(mutex_);
    line_ = line;
  }
  [[nodiscard]] std::int64_t quiet_ns() const noexcept { return quiet_ns_; }

 private:
  const std::int64_t quiet_ns_;
  PriorityMutex mutex_;
  std::optional<ClockReading> earliest_;
  ClockLine line_;
};

class ArrivalScale final : public TimeScale {
 public:
  explicit ArrivalScale(std::shared_ptr<Arrivals> arrivals) : arrivals_(std::move(arrivals)) {}

  bool observe(std::int64_t monotonic_ns) noexcept override;
  [[nodiscard]] std::int64_t next_observation() const noexcept override { return next_; }

  [[nodiscard]] std::int64_t to_monotonic(std::int64_t clock_ns) const noexcept override {
    return servo_.line().to_monotonic(clock_ns);
  }
  [[nodiscard]] std::int64_t from_monotonic(std::int64_t monotonic_ns) const noexcept override {
    return servo_.line().from_monotonic(monotonic_ns);
  }

  [[nodiscard]] State state() const noexcept override;
  [[nodiscard]] State first_state() const noexcept override { return State::kFree; }
  [[nodiscard]] bool goes_on() const noexcept override { return true; }
  [[nodiscard]] std::uint64_t steps() const noexcept override { return steps_; }
  [[nodiscard]] Step last_step() const noexcept override { return step_; }
  [[nodiscard]] double frequency_ppb() const noexcept override { return servo_.line().rate() * 1e9; }
  [[nodiscard]] std::int64_t reading_delay_ns() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t phase_error_ns() const noexcept override;
  [[nodiscard]] int error() const noexcept override { return 0; }

 private:
  std::shared_ptr<Arrivals> arrivals_;
  Servo servo_;
  std::int64_t next_ = 0;
  std::int64_t heard_ns_ = 0;  // when there was a packet last
  bool quiet_ = false;
  std::uint64_t steps_ = 0;
  Step step_{};
};

}  // namespace alsa_utimer
