#include "clock/paced_cable.h"

#include <cerrno>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "clock/pump_move.h"

namespace alsa_utimer {

using Result = PacerTarget::Result;

PacedCable::PacedCable(std::shared_ptr<PeriodPump> pump, std::size_t periods, bool silent)
    : pump_(std::move(pump)), silent_(silent), queue_(pump_->period_bytes(), periods) {
  const std::vector<std::uint8_t> begun = pump_->take_begun();
  queue_.write(begun.data(), begun.size());
}

Result PacedCable::move(std::uint64_t /*end*/, PacerTarget::Failure& failure) noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    failure = {EBADF, ""};
    return Result::kFailed;
  }
  const std::uint8_t* const period = queue_.front();
  if (period == nullptr && !silent_) {
    return Result::kNothing;
  }
  const Result result = move_by(*pump_, period, failure);
  if (result == Result::kMoved) {
    queue_.pop();
  }
  return result;
}

void PacedCable::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(closed_, true)) {
      return;
    }
  }
  queue_.abandon();
  const std::span<const std::uint8_t> begun = queue_.take_begun();
  pump_->put_back_begun(begun.data(), begun.size());
}

bool PacedCable::closed() noexcept {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
