// A userspace-driven timer, which ticks at the end of each period.
#pragma once

#include <cerrno>
#include <memory>
#include <utility>

#include "alsa/utimer.h"
#include "clock/pacer_target.h"

namespace alsa_utimer {

class UtimerTarget final : public PacerTarget {
 public:
  explicit UtimerTarget(std::shared_ptr<Utimer> timer) : timer_(std::move(timer)) {}

  Result move(std::uint64_t /*end*/, Failure& failure) noexcept override {
    if (const int error = timer_->trigger(); error != 0) [[unlikely]] {
      failure = {error, Utimer::kTriggerCall};
      return Result::kFailed;
    }
    return Result::kMoved;
  }

 private:
  std::shared_ptr<Utimer> timer_;
};

}  // namespace alsa_utimer
