// Reads a PTP device by one of the ioctls that have the kernel, or the hardware, look at both clocks.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "alsa/unique_fd.h"
#include "clock/clock_reader.h"

namespace alsa_utimer {

class PtpReader final : public ClockReader {
 public:
  enum class Call : std::uint8_t {
    kPrecise,           // PTP_SYS_OFFSET_PRECISE: the hardware compares them
    kExtended,          // PTP_SYS_OFFSET_EXTENDED on CLOCK_MONOTONIC (Linux 6.12)
    kExtendedRealtime,  // the same on CLOCK_REALTIME
    kPlain,             // PTP_SYS_OFFSET on CLOCK_REALTIME
  };
  // The best first. Drivers have the ones or the others.
  static constexpr std::array kCalls{Call::kPrecise, Call::kExtended, Call::kExtendedRealtime, Call::kPlain};

  PtpReader(std::shared_ptr<const UniqueFd> device, Call call) noexcept
      : device_(std::move(device)), call_(call) {}

  int read(ClockReading& reading) const noexcept override;
  [[nodiscard]] const char* method() const noexcept override;

 private:
  int read_precise(ClockReading& reading) const noexcept;
  int read_extended(std::int32_t clock, ClockReading& reading) const noexcept;
  int read_plain(ClockReading& reading) const noexcept;

  std::shared_ptr<const UniqueFd> device_;
  Call call_;
};

}  // namespace alsa_utimer
