// A clock of the kernel that programs can read: one of the system, an auxiliary one, or a PTP device.
#pragma once

#include <ctime>
#include <memory>
#include <string>

#include "clock/clock_reader.h"
#include "clock/time_scale.h"

namespace alsa_utimer {

class Clock {
 public:
  // Of clock_gettime(2). `of_system`: it runs at the frequency of CLOCK_MONOTONIC, or is that. Throws
  // SystemError where it cannot be read, with `name` as its path.
  static std::shared_ptr<Clock> open(clockid_t id, bool of_system, std::string name);
  // A character device of a PTP clock, read by the best call that it has. Throws SystemError.
  static std::shared_ptr<Clock> open_device(const std::string& path);

  // Throws SystemError, ClosedError.
  [[nodiscard]] ClockReading read() const;
  [[nodiscard]] const char* method() const noexcept { return method_; }
  // For one thread. It goes on when the clock is closed. Throws ClosedError.
  [[nodiscard]] std::shared_ptr<TimeScale> make_scale() const;

  void close() noexcept { reader_.reset(); }
  [[nodiscard]] bool closed() const noexcept { return reader_ == nullptr; }

 private:
  enum class Kind { kMonotonic, kSystem, kDevice };
  Clock(std::shared_ptr<const ClockReader> reader, Kind kind, std::string path)
      : reader_(std::move(reader)), method_(reader_->method()), kind_(kind), path_(std::move(path)) {}

  std::shared_ptr<const ClockReader> reader_;
  const char* method_;
  Kind kind_;
  std::string path_;
};

// The number N of the /dev/ptpN that stamps the packets of a network interface, -1 where none does: ioctl
// SIOCETHTOOL, ETHTOOL_GET_TS_INFO. Throws SystemError.
int ptp_of_interface(const std::string& name);

}  // namespace alsa_utimer
