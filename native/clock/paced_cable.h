// A cable of snd-aloop: at the end of each period one moves that was written ahead, or else silence, or
// nothing.
#pragma once

#include <memory>
#include <mutex>

#include "alsa/period_pump.h"
#include "clock/pacer_target.h"
#include "clock/period_queue.h"

namespace alsa_utimer {

// What is written ahead of a pacer, which moves it by a pump. One thread writes.
class PacedCable {
 public:
  // Takes over what the pump has of a period that is not complete. `silent`: silence moves where no period is
  // queued. Throws SystemError, ClosedError.
  PacedCable(std::shared_ptr<PeriodPump> pump, std::size_t periods, bool silent);

  [[nodiscard]] PeriodQueue& queue() noexcept { return queue_; }
  [[nodiscard]] PeriodPump& pump() noexcept { return *pump_; }
  // From any thread: a period, as PacerTarget::move().
  PacerTarget::Result move(std::uint64_t end, PacerTarget::Failure& failure) noexcept;

  // Nothing moves any more. What is queued is gone, but for a period that is not complete: the pump has that
  // again, so that what is written next goes on within it, and within its frame. From the one that writes.
  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

 private:
  const std::shared_ptr<PeriodPump> pump_;
  const bool silent_;
  PeriodQueue queue_;

  PriorityMutex mutex_;  // guards the taking of periods
  bool closed_ = false;
};

}  // namespace alsa_utimer
