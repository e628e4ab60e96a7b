#include "clock/played_cable.h"

#include <cerrno>
#include <ctime>

#include "clock/gettime_reader.h"
#include "clock/pump_move.h"

namespace alsa_utimer {

using Result = PacerTarget::Result;

Result PlayedCable::move(std::uint64_t end, PacerTarget::Failure& failure) noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    failure = {EBADF, ""};
    return Result::kFailed;
  }
  if (end == 0) {
    return Result::kNothing;  // a source has no media time
  }
  std::int64_t now = 0;
  gettime(CLOCK_MONOTONIC, now);
  const MediaRing::Period period = ring_.take(end, now);
  if (!period.sounds && !period.running && !silent_) {
    return Result::kNothing;
  }
  return move_by(*pump_, period.sounds ? period.bytes : nullptr, failure);
}

void PlayedCable::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool PlayedCable::closed() noexcept {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
