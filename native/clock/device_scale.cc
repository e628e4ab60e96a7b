#include "clock/device_scale.h"

#include <cmath>

namespace alsa_utimer {
namespace {

// Sooner while each reading says much: before the servo is locked, and when a reading may mean a step.
constexpr std::int64_t kSoonNs = 16'000'000;
constexpr std::int64_t kLockedNs = 62'500'000;
// A clock that cannot be read: its device is gone, or was asked while it was suspended.
constexpr std::int64_t kRetryNs = 1'000'000'000;

}  // namespace

bool DeviceScale::observe(std::int64_t monotonic_ns) noexcept {
  if (monotonic_ns < next_) {
    return false;
  }
  ClockReading reading{};
  error_ = reader_->read(reading);
  if (error_ != 0) {
    next_ = monotonic_ns + kRetryNs;
    return false;
  }
  delay_ns_ = reading.delay_ns;
  const Servo::Result result = servo_.take(reading);
  if (result == Servo::Result::kStepped) {
    ++steps_;
    step_ = {.monotonic_ns = reading.monotonic_ns, .step_ns = servo_.step_ns()};
  }
  next_ = monotonic_ns + (servo_.locked() && !servo_.doubtful() ? kLockedNs : kSoonNs);
  return result != Servo::Result::kIgnored;
}

TimeScale::State DeviceScale::state() const noexcept {
  if (error_ != 0 && servo_.begun()) {
    return State::kHoldover;
  }
  return servo_.locked() ? State::kLocked : State::kAcquiring;
}

std::int64_t DeviceScale::phase_error_ns() const noexcept { return std::llround(servo_.phase_error_ns()); }

}  // namespace alsa_utimer
