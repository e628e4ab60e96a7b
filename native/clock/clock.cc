#include "clock/clock.h"

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "alsa/system_error.h"
#include "alsa/unique_fd.h"
#include "clock/device_scale.h"
#include "clock/gettime_reader.h"
#include "clock/monotonic_scale.h"
#include "clock/ptp_reader.h"
#include "clock/system_scale.h"

namespace alsa_utimer {

std::shared_ptr<Clock> Clock::open(clockid_t id, bool of_system, std::string name) {
  const Kind kind = id == CLOCK_MONOTONIC ? Kind::kMonotonic : of_system ? Kind::kSystem : Kind::kDevice;
  auto reader = std::make_shared<const GettimeReader>(id);
  ClockReading reading{};
  if (const int error = reader->read(reading); error != 0) {
    throw SystemError(error, reader->method(), std::move(name));
  }
  return std::shared_ptr<Clock>(new Clock(std::move(reader), kind, std::move(name)));
}

std::shared_ptr<Clock> Clock::open_device(const std::string& path) {
  // What is no clock, a named pipe for instance, must not be waited for.
  const auto device = std::make_shared<const UniqueFd>(UniqueFd::open(path, O_RDONLY | O_NONBLOCK));
  ClockReading reading{};
  std::shared_ptr<const ClockReader> reader;
  for (const PtpReader::Call call : PtpReader::kCalls) {
    reader = std::make_shared<const PtpReader>(device, call);
    if (reader->read(reading) == 0) {
      return std::shared_ptr<Clock>(new Clock(std::move(reader), Kind::kDevice, path));
    }
  }
  reader = std::make_shared<const GettimeReader>(device);
  if (const int error = reader->read(reading); error != 0) {
    throw SystemError(error, reader->method(), path);
  }
  return std::shared_ptr<Clock>(new Clock(std::move(reader), Kind::kDevice, path));
}

ClockReading Clock::read() const {
  if (closed()) {
    throw ClosedError();
  }
  ClockReading reading{};
  if (const int error = reader_->read(reading); error != 0) {
    throw SystemError(error, method_, path_);
  }
  return reading;
}

std::shared_ptr<TimeScale> Clock::make_scale() const {
  if (closed()) {
    throw ClosedError();
  }
  switch (kind_) {
    case Kind::kMonotonic:
      return std::make_shared<MonotonicScale>();
    case Kind::kSystem:
      return std::make_shared<SystemScale>(reader_);
    case Kind::kDevice:
      break;
  }
  return std::make_shared<DeviceScale>(reader_);
}

int ptp_of_interface(const std::string& name) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) {
    throw SystemError(errno, "socket");
  }
  ethtool_ts_info information{};
  information.cmd = ETHTOOL_GET_TS_INFO;
  ifreq request{};
  if (name.size() >= sizeof(request.ifr_name)) {
    throw SystemError(ENODEV, "ioctl ETHTOOL_GET_TS_INFO", name);
  }
  name.copy(request.ifr_name, sizeof(request.ifr_name) - 1);
  request.ifr_data = reinterpret_cast<char*>(&information);
  if (::ioctl(socket.get(), SIOCETHTOOL, &request) == 0) {
    return information.phc_index;
  }
  if (errno != EOPNOTSUPP) {
    throw SystemError(errno, "ioctl ETHTOOL_GET_TS_INFO", name);
  }
  return -1;
}

}  // namespace alsa_utimer
