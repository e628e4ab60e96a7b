#include "clock/arrivals.h"

#include <cmath>

namespace alsa_utimer {
namespace {

// Long enough that of the packets of each such time one was hardly delayed, as a rule.
constexpr std::int64_t kBlockNs = 100'000'000;

}  // namespace

bool ArrivalScale::observe(std::int64_t monotonic_ns) noexcept {
  if (monotonic_ns < next_) {
    return false;
  }
  next_ = monotonic_ns + kBlockNs;
  const std::optional<ClockReading> reading = arrivals_->take();
  if (!reading) {
    quiet_ = servo_.begun() && monotonic_ns - heard_ns_ >= arrivals_->quiet_ns();
    return false;
  }
  heard_ns_ = monotonic_ns;
  quiet_ = false;
  const Servo::Result result = servo_.take(*reading);
  if (result == Servo::Result::kStepped) {
    ++steps_;
    step_ = {.monotonic_ns = reading->monotonic_ns, .step_ns = servo_.step_ns()};
  }
  arrivals_->publish(servo_.line());
  return result != Servo::Result::kIgnored;
}

TimeScale::State ArrivalScale::state() const noexcept {
  if (!servo_.begun()) {
    return State::kFree;
  }
  if (quiet_) {
    return State::kHoldover;
  }
  return servo_.locked() ? State::kLocked : State::kAcquiring;
}

std::int64_t ArrivalScale::phase_error_ns() const noexcept { return std::llround(servo_.phase_error_ns()); }

}  // namespace alsa_utimer
