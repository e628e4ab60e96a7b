#include "clock/system_scale.h"

#include <algorithm>

namespace alsa_utimer {
namespace {

// How long a step is not seen. A reading takes less than a microsecond.
constexpr std::int64_t kIntervalNs = 62'500'000;
// The kernel cuts each clock to whole nanoseconds by itself.
constexpr std::int64_t kRoundingNs = 2;

}  // namespace

bool SystemScale::observe(std::int64_t monotonic_ns) noexcept {
  if (monotonic_ns < next_) {
    return false;
  }
  next_ = monotonic_ns + kIntervalNs;
  ClockReading reading{};
  error_ = reader_->read(reading);
  if (error_ != 0) {
    return false;
  }
  const std::int64_t distance = reading.clock_ns - reading.monotonic_ns;
  const std::int64_t margin = reading.delay_ns / 2 + kRoundingNs;
  const std::int64_t before = least_ns_ + (most_ns_ - least_ns_) / 2;
  delay_ns_ = reading.delay_ns;
  phase_error_ns_ = begun_ ? distance - before : 0;
  const std::int64_t least = std::max(least_ns_, distance - margin);
  const std::int64_t most = std::min(most_ns_, distance + margin);
  if (begun_ && least <= most) {
    least_ns_ = least;
    most_ns_ = most;
  } else {
    if (begun_) {
      ++steps_;
      step_ = {.monotonic_ns = reading.monotonic_ns, .step_ns = distance - before};
    }
    least_ns_ = distance - margin;
    most_ns_ = distance + margin;
  }
  const std::int64_t now = least_ns_ + (most_ns_ - least_ns_) / 2;
  line_ = ClockLine(0, now, 0, 0);
  const bool changed = !begun_ || now != before;
  begun_ = true;
  return changed;
}

}  // namespace alsa_utimer
