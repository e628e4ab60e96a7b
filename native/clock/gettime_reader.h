// Reads a clock by clock_gettime(2), between two looks at CLOCK_MONOTONIC: the fastest of several.
#pragma once

#include <ctime>
#include <memory>
#include <utility>

#include "alsa/unique_fd.h"
#include "clock/clock_reader.h"

namespace alsa_utimer {

class GettimeReader final : public ClockReader {
 public:
  explicit GettimeReader(clockid_t clock) noexcept : clock_(clock) {}
  // The clock of a PTP device, which stays open.
  explicit GettimeReader(std::shared_ptr<const UniqueFd> device) noexcept;

  int read(ClockReading& reading) const noexcept override;
  [[nodiscard]] const char* method() const noexcept override { return "clock_gettime"; }

 private:
  std::shared_ptr<const UniqueFd> device_;
  clockid_t clock_;
};

// What clock_gettime(2) says of a clock in ns; an errno, or 0.
int gettime(clockid_t clock, std::int64_t& nanoseconds) noexcept;
// The fastest of several readings, or the first one that took at most `enough_ns`; an errno, or 0. A thread
// that another one interrupts between its two clocks reads them at two instants.
int read_clock(clockid_t clock, std::int64_t enough_ns, ClockReading& reading) noexcept;

}  // namespace alsa_utimer
