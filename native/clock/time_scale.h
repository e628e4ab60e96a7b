// A clock, as the pacer's thread uses it: what its time is on CLOCK_MONOTONIC, the only clock that this
// thread sleeps on.
#pragma once

#include <cstdint>

namespace alsa_utimer {

// All times are nanoseconds since the epoch of their clock. Not thread-safe: the thread that paces by it owns
// it.
class TimeScale {
 public:
  enum class State : std::uint8_t {
    kFree,       // needs no look at another clock
    kAcquiring,  // too few readings to go by
    kLocked,
    kHoldover,  // the clock cannot be read any more: the last frequency goes on
  };

  // Where a clock that stepped stood when that was seen, and how far it jumped.
  struct Step {
    std::int64_t monotonic_ns;
    std::int64_t step_ns;
  };

  TimeScale() = default;
  TimeScale(const TimeScale&) = delete;
  TimeScale& operator=(const TimeScale&) = delete;
  virtual ~TimeScale() = default;

  // Reads the clock where that is due at `monotonic_ns`. Returns whether what to_monotonic() answers has
  // changed.
  virtual bool observe(std::int64_t monotonic_ns) noexcept = 0;
  // When observe() is due next.
  [[nodiscard]] virtual std::int64_t next_observation() const noexcept = 0;

  // While kAcquiring without any reading both are the identity.
  [[nodiscard]] virtual std::int64_t to_monotonic(std::int64_t clock_ns) const noexcept = 0;
  [[nodiscard]] virtual std::int64_t from_monotonic(std::int64_t monotonic_ns) const noexcept = 0;

  [[nodiscard]] virtual State state() const noexcept = 0;
  // What that is before the first look at the clock. From any thread.
  [[nodiscard]] virtual State first_state() const noexcept { return State::kAcquiring; }
  // Whether it goes on from CLOCK_MONOTONIC, so that it is a time from the beginning: a leap before it is
  // known is made up for as any other.
  [[nodiscard]] virtual bool goes_on() const noexcept { return false; }
  // How many steps were seen, and the last one.
  [[nodiscard]] virtual std::uint64_t steps() const noexcept = 0;
  [[nodiscard]] virtual Step last_step() const noexcept = 0;
  // By how much the clock is faster than CLOCK_MONOTONIC.
  [[nodiscard]] virtual double frequency_ppb() const noexcept = 0;
  // Of the last reading: how long it took, and how far it was from what the model said.
  [[nodiscard]] virtual std::int64_t reading_delay_ns() const noexcept = 0;
  [[nodiscard]] virtual std::int64_t phase_error_ns() const noexcept = 0;
  // The errno that the last look ended with, or 0.
  [[nodiscard]] virtual int error() const noexcept = 0;
};

}  // namespace alsa_utimer
