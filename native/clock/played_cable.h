// A cable of snd-aloop that plays frames by their media time: at each end of its schedule the period moves
// that has ended on the clock, with what has come of it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "alsa/period_pump.h"
#include "clock/media_ring.h"
#include "clock/pacer_target.h"
#include "clock/priority_mutex.h"

namespace alsa_utimer {

class PlayedCable {
 public:
  // `silent`: silence moves also where no stream runs. `next` as of MediaRing.
  PlayedCable(std::shared_ptr<PeriodPump> pump, const MediaRing::Shape& shape, bool silent, std::int64_t next)
      : pump_(std::move(pump)), silent_(silent), ring_(shape, next) {}

  [[nodiscard]] MediaRing& ring() noexcept { return ring_; }
  // From any thread: the period that ends at end number `end`.
  PacerTarget::Result move(std::uint64_t end, PacerTarget::Failure& failure) noexcept;

  // Nothing moves any more; what waits is gone.
  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

 private:
  const std::shared_ptr<PeriodPump> pump_;
  const bool silent_;
  MediaRing ring_;

  PriorityMutex mutex_;  // guards the taking of periods
  bool closed_ = false;
};

}  // namespace alsa_utimer
