#include "clock/gettime_reader.h"

#include <cerrno>
#include <limits>

#include "abi/ptp_abi.h"

namespace alsa_utimer {
namespace {

constexpr int kReadings = 5;

}  // namespace

int gettime(clockid_t clock, std::int64_t& nanoseconds) noexcept {
  timespec time{};
  if (::clock_gettime(clock, &time) != 0) {
    return errno;
  }
  nanoseconds = nanoseconds_of(time.tv_sec, time.tv_nsec);
  return 0;
}

int read_clock(clockid_t clock, std::int64_t enough_ns, ClockReading& reading) noexcept {
  reading.delay_ns = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < kReadings && reading.delay_ns > enough_ns; ++i) {
    std::int64_t before = 0;
    std::int64_t time = 0;
    std::int64_t after = 0;
    gettime(CLOCK_MONOTONIC, before);
    if (const int error = gettime(clock, time); error != 0) {
      return error;
    }
    gettime(CLOCK_MONOTONIC, after);
    if (after - before < reading.delay_ns) {
      reading = {.monotonic_ns = before + (after - before) / 2, .clock_ns = time, .delay_ns = after - before};
    }
  }
  return 0;
}

GettimeReader::GettimeReader(std::shared_ptr<const UniqueFd> device) noexcept
    : device_(std::move(device)), clock_(abi::clock_of_descriptor(device_->get())) {}

int GettimeReader::read(ClockReading& reading) const noexcept { return read_clock(clock_, 0, reading); }

}  // namespace alsa_utimer
