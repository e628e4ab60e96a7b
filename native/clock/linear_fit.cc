#include "clock/linear_fit.h"

#include <algorithm>

namespace alsa_utimer {

// All windows in one pass from the newest reading back. Their times are taken from that one, so that doubles
// hold them exactly, and sums are made anew, so that no error of rounding grows.
void LinearFit::add(const ClockReading& reading) noexcept {
  constexpr std::size_t kCapacity = kLengths.back();
  readings_[next_] = reading;
  next_ = (next_ + 1) % kCapacity;
  count_ = std::min(count_ + 1, kCapacity);

  const ClockLine level(reading.monotonic_ns, reading.clock_ns, 0, 0);
  double x_sum = 0;
  double y_sum = 0;
  double xx_sum = 0;
  double xy_sum = 0;
  std::size_t window = 0;
  for (std::size_t taken = 1; taken <= count_; ++taken) {
    const ClockReading& each = readings_[(next_ + kCapacity - taken) % kCapacity];
    const double x = static_cast<double>(each.monotonic_ns - reading.monotonic_ns);
    const double y = level.error_of(each);
    x_sum += x;
    y_sum += y;
    xx_sum += x * x;
    xy_sum += x * y;
    if (taken != kLengths[window] && taken != count_) {
      continue;
    }
    const auto n = static_cast<double>(taken);
    const double spread = n * xx_sum - x_sum * x_sum;
    const double rate = spread > 0 ? (n * xy_sum - x_sum * y_sum) / spread : 0;
    const ClockLine line(reading.monotonic_ns, reading.clock_ns, (y_sum - rate * x_sum) / n, rate);
    lines_[window++] = line;
    if (taken == count_) {
      std::fill(lines_.begin() + static_cast<std::ptrdiff_t>(window), lines_.end(), line);
    }
  }
}

}  // namespace alsa_utimer
