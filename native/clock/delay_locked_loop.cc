#include "clock/delay_locked_loop.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace alsa_utimer {
namespace {

// Those of zita-njbridge: wide for 4 s, to find the frequency, and then narrow.
constexpr double kWideHz = 0.5;
constexpr double kNarrowHz = 0.05;
constexpr std::int64_t kWideNs = 4'000'000'000;
// The loop is stable for far more. It keeps a reading that comes late from being all that counts.
constexpr double kMostOmega = 0.5;

}  // namespace

void DelayLockedLoop::add(const ClockReading& reading) noexcept {
  if (!begun_) {
    begun_ = true;
    began_at_ = taken_at_ = reading.monotonic_ns;
    line_ = ClockLine(reading.monotonic_ns, reading.clock_ns, 0, 0);
    return;
  }
  const auto passed = static_cast<double>(std::max<std::int64_t>(reading.monotonic_ns - taken_at_, 1));
  const double bandwidth = reading.monotonic_ns - began_at_ < kWideNs ? kWideHz : kNarrowHz;
  omega_ = std::min(2 * std::numbers::pi * bandwidth * passed * 1e-9, kMostOmega);
  const double error = line_.error_of(reading);
  const double phase = std::numbers::sqrt2 * omega_ * error;
  line_ = ClockLine(reading.monotonic_ns, reading.clock_ns, phase - error,
                    line_.rate() + omega_ * omega_ * error / passed);
  taken_at_ = reading.monotonic_ns;
}

// That of a loop of second order with the damping 1/sqrt(2): its noise bandwidth is 0.53 omega.
double DelayLockedLoop::noise() const noexcept { return begun_ ? std::sqrt(1.06 * omega_) : 1; }

}  // namespace alsa_utimer
