// A clock and CLOCK_MONOTONIC at one instant.
#pragma once

#include <algorithm>
#include <cstdint>

namespace alsa_utimer {

// Nanoseconds since the epoch of each clock.
struct ClockReading {
  std::int64_t monotonic_ns;
  std::int64_t clock_ns;
  // How long it took. The two times belong together within half of that.
  std::int64_t delay_ns;
};

// A time of seconds and nanoseconds. Hardware may count further than 64 bits of nanoseconds: then their end.
constexpr std::int64_t nanoseconds_of(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
  constexpr std::int64_t kMostSeconds = 9'000'000'000;
  return std::clamp(seconds, -kMostSeconds, kMostSeconds) * 1'000'000'000 + nanoseconds;
}

}  // namespace alsa_utimer
