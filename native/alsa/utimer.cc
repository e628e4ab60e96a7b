#include "alsa/utimer.h"

#include <fcntl.h>
#include <sys/ioctl.h>

#include "abi/timer_abi.h"
#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

constexpr const char* kCreate = "ioctl SNDRV_TIMER_IOCTL_CREATE";

}  // namespace

Utimer::Utimer(const std::string& path, std::uint64_t resolution) {
  // The access mode is irrelevant to the kernel, and the timer outlives the descriptor it was created with.
  const UniqueFd control = UniqueFd::open(path, O_RDONLY);
  abi::TimerUinfo info{};
  info.resolution = resolution;
  if (::ioctl(control.get(), abi::kTimerIoctlCreate, &info) < 0) {
    throw SystemError(errno, kCreate, path);
  }
  fd_ = UniqueFd(info.fd);
  id_ = info.id;
}

bool Utimer::supported(const std::string& path) {
  // A resolution of 0 is refused before anything is made: EINVAL says that the ioctl exists.
  const UniqueFd control = UniqueFd::open(path, O_RDONLY);
  abi::TimerUinfo info{};
  if (::ioctl(control.get(), abi::kTimerIoctlCreate, &info) < 0) {
    if (errno == EINVAL) {
      return true;
    }
    if (errno == ENOTTY) {
      return false;
    }
    throw SystemError(errno, kCreate, path);
  }
  const UniqueFd unexpected(info.fd);
  return true;
}

int Utimer::trigger() noexcept { return trigger(lock()); }

int Utimer::trigger(const Lock& /*locked*/) noexcept {
  return ::ioctl(fd_.get(), abi::kTimerIoctlTrigger) < 0 ? errno : 0;
}

void Utimer::throw_trigger(int error) {
  if (error == EBADF) {
    throw ClosedError();
  }
  throw SystemError(error, kTriggerCall);
}

void Utimer::close() noexcept {
  const std::lock_guard locked(mutex_);
  fd_.reset();
}

bool Utimer::closed() noexcept {
  const std::lock_guard locked(mutex_);
  return !fd_.valid();
}

}  // namespace alsa_utimer
