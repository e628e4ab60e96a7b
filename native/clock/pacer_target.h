// What moves at the end of a period.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

namespace alsa_utimer {

class PacerTarget {
 public:
  enum class Result {
    kMoved,
    kSilence,    // nothing was queued, and silence has moved instead
    kNothing,    // nothing was queued, and nothing has moved
    kIdle,       // nothing was to move yet
    kPostponed,  // somebody else keeps it from moving, perhaps for a moment only
    kFailed,
  };
  // An errno, and the call that it came from.
  struct Failure {
    int error = 0;
    const char* call = "";
  };

  PacerTarget() = default;
  PacerTarget(const PacerTarget&) = delete;
  PacerTarget& operator=(const PacerTarget&) = delete;
  virtual ~PacerTarget() = default;

  // Moves a period, at end number `end` of its schedule (Schedule::number()); 0 where a source ticks. In the
  // thread of a pacer, which waits for nobody here. Fills `failure` in with kFailed.
  virtual Result move(std::uint64_t end, Failure& failure) noexcept = 0;
};

// What is moved by a method of its own, as PacerTarget::move().
template <typename Movable>
class SharedTarget final : public PacerTarget {
 public:
  explicit SharedTarget(std::shared_ptr<Movable> movable) : movable_(std::move(movable)) {}

  Result move(std::uint64_t end, Failure& failure) noexcept override { return movable_->move(end, failure); }

 private:
  std::shared_ptr<Movable> movable_;
};

// Nothing moves: the pacer only tells of its ticks.
class NoTarget final : public PacerTarget {
 public:
  Result move(std::uint64_t /*end*/, Failure& /*failure*/) noexcept override { return Result::kMoved; }
};

}  // namespace alsa_utimer
