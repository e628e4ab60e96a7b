#include "clock/ptp_reader.h"

#include <sys/ioctl.h>

#include <cerrno>
#include <ctime>
#include <limits>

#include "abi/ptp_abi.h"
#include "clock/gettime_reader.h"

namespace alsa_utimer {
namespace {

using abi::PtpClockTime;

constexpr std::uint32_t kSamples = 5;

std::int64_t nanoseconds(const PtpClockTime& time) noexcept {
  return nanoseconds_of(time.seconds, time.nanoseconds);
}

template <typename Argument>
int call(const UniqueFd& device, unsigned long request, Argument& argument) noexcept {
  return ::ioctl(device.get(), request, &argument) == 0 ? 0 : errno;
}

// The fastest of several samples of a device between two looks at another clock.
class Fastest {
 public:
  void offer(const PtpClockTime& before, const PtpClockTime& device, const PtpClockTime& after) noexcept {
    const std::int64_t delay = nanoseconds(after) - nanoseconds(before);
    if (delay >= 0 && delay < reading_.delay_ns) {
      reading_ = {.monotonic_ns = nanoseconds(before) + delay / 2,
                  .clock_ns = nanoseconds(device),
                  .delay_ns = delay};
    }
  }
  // An errno: EAGAIN where the other clock was set back in each.
  int take(ClockReading& reading) const noexcept {
    reading = reading_;
    return reading_.delay_ns == std::numeric_limits<std::int64_t>::max() ? EAGAIN : 0;
  }

 private:
  ClockReading reading_{
      .monotonic_ns = 0, .clock_ns = 0, .delay_ns = std::numeric_limits<std::int64_t>::max()};
};

// A reading against CLOCK_REALTIME becomes one against CLOCK_MONOTONIC: the two differ by a constant, until
// CLOCK_REALTIME is set. A reading that this falls into is off by the step, and the servo leaves it out.
int to_monotonic(ClockReading& reading) noexcept {
  ClockReading realtime{};
  if (const int error = GettimeReader(CLOCK_REALTIME).read(realtime); error != 0) {
    return error;
  }
  reading.monotonic_ns -= realtime.clock_ns - realtime.monotonic_ns;
  reading.delay_ns += realtime.delay_ns;
  return 0;
}

}  // namespace

int PtpReader::read_precise(ClockReading& reading) const noexcept {
  abi::PtpSysOffsetPrecise both{};
  if (const int error = call(*device_, abi::kPtpSysOffsetPrecise, both); error != 0) {
    return error;
  }
  reading = {.monotonic_ns = nanoseconds(both.realtime), .clock_ns = nanoseconds(both.device), .delay_ns = 0};
  return to_monotonic(reading);
}

int PtpReader::read_extended(std::int32_t clock, ClockReading& reading) const noexcept {
  abi::PtpSysOffsetExtended offsets{};
  offsets.samples = kSamples;
  offsets.clock_id = clock;
  if (const int error = call(*device_, abi::kPtpSysOffsetExtended, offsets); error != 0) {
    return error;
  }
  Fastest fastest;
  for (std::uint32_t i = 0; i < kSamples; ++i) {
    fastest.offer(offsets.times[i][0], offsets.times[i][1], offsets.times[i][2]);
  }
  return fastest.take(reading);
}

int PtpReader::read_plain(ClockReading& reading) const noexcept {
  abi::PtpSysOffset offsets{};
  offsets.samples = kSamples;
  if (const int error = call(*device_, abi::kPtpSysOffset, offsets); error != 0) {
    return error;
  }
  Fastest fastest;
  for (std::uint32_t i = 0; i < 2 * kSamples; i += 2) {
    fastest.offer(offsets.times[i], offsets.times[i + 1], offsets.times[i + 2]);
  }
  return fastest.take(reading);
}

int PtpReader::read(ClockReading& reading) const noexcept {
  int error = 0;
  switch (call_) {
    case Call::kPrecise:
      return read_precise(reading);
    case Call::kExtended:
      return read_extended(CLOCK_MONOTONIC, reading);
    case Call::kExtendedRealtime:
      error = read_extended(CLOCK_REALTIME, reading);
      break;
    case Call::kPlain:
      error = read_plain(reading);
      break;
  }
  return error != 0 ? error : to_monotonic(reading);
}

const char* PtpReader::method() const noexcept {
  switch (call_) {
    case Call::kPrecise:
      return "ioctl PTP_SYS_OFFSET_PRECISE";
    case Call::kExtended:
    case Call::kExtendedRealtime:
      return "ioctl PTP_SYS_OFFSET_EXTENDED";
    case Call::kPlain:
      break;
  }
  return "ioctl PTP_SYS_OFFSET";
}

}  // namespace alsa_utimer
