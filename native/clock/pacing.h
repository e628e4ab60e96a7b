// What a pacer moves, when, and what became of it: a target, a schedule, the scale of a clock, and counters.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "alsa/unique_fd.h"
#include "clock/lateness.h"
#include "clock/pacer_target.h"
#include "clock/priority_mutex.h"
#include "clock/schedule.h"
#include "clock/tick_source.h"
#include "clock/time_scale.h"

namespace alsa_utimer {

class Pacing;

// Where the threads of JavaScript and of a pacer leave word for each other.
class PacerBoard {
 public:
  // Throws SystemError.
  PacerBoard();

  // For the pacer: something of this pacing was changed; nothing but to look up where it is null.
  void wake(std::shared_ptr<Pacing> changed) noexcept;
  [[nodiscard]] int wake_descriptor() const noexcept { return wake_.get(); }
  [[nodiscard]] std::vector<std::shared_ptr<Pacing>> take_changed();

  // For JavaScript: there is news of the pacing with this number.
  void post(std::uint32_t number) noexcept;
  // Readable while there is news. A duplicate.
  [[nodiscard]] UniqueFd news_event() const { return news_event_.duplicate(); }
  [[nodiscard]] std::vector<std::uint32_t> take_news();

  // Once the thread of the pacer has ended: nobody looks any more. Returns what nobody has looked at.
  [[nodiscard]] std::vector<std::shared_ptr<Pacing>> close() noexcept;

 private:
  UniqueFd wake_;
  UniqueFd news_event_;
  PriorityMutex mutex_;
  bool closed_ = false;
  std::vector<std::shared_ptr<Pacing>> changed_;
  std::vector<std::uint32_t> news_;
};

struct PacingParameters {
  std::uint32_t rate;  // 0: there is no schedule, and tick() moves
  std::uint32_t frames;
  // When the first period begins, in ns of the clock; the past gives a phase. Nothing: when the pacer sees
  // it.
  std::optional<std::int64_t> origin;
  std::int32_t ppb;
  bool skip;                // the ends that are late, but for the last one
  std::uint32_t max_burst;  // periods that move at once
};

struct PacingStats {
  std::uint64_t ticks = 0;      // periods that were moved
  std::uint64_t caught_up = 0;  // those of them that moved behind the end of another one
  std::uint64_t missed =
      0;  // ends at which nothing moved, since they were late or the target was not to be had
  std::uint64_t underruns = 0;  // ends at which nothing was queued
  Lateness lateness;
  std::int32_t ppb = 0;
  // Of the clock.
  TimeScale::State state = TimeScale::State::kFree;
  std::uint64_t state_changes = 0;
  std::uint64_t steps = 0;
  TimeScale::Step last_step{};
  double frequency_ppb = 0;
  std::int64_t reading_delay_ns = 0;
  std::int64_t phase_error_ns = 0;
  int clock_error = 0;
  bool ended = false;  // its source has
  // What has ended it, or an error of 0.
  PacerTarget::Failure failure;
};

class Pacing : public std::enable_shared_from_this<Pacing> {
 public:
  using Now = std::int64_t (*)() noexcept;
  // Where it never comes again.
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  // `board` is null where tick() alone moves, and no pacer looks: one that is not emptied would keep what is
  // left there.
  Pacing(std::uint32_t number, std::shared_ptr<PacerBoard> board, std::unique_ptr<PacerTarget> target,
         std::shared_ptr<TimeScale> scale, const PacingParameters& parameters,
         std::unique_ptr<TickSource> source = nullptr);

  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

  // From any thread: so many periods end now.
  void tick(std::uint64_t ends) noexcept;
  // From any thread. The new rate holds from the last end on.
  void set_ppb(std::int32_t ppb) noexcept;
  // Whether each tick is news, and any beyond those that were told already.
  void tell_ticks(bool wanted, std::uint64_t told) noexcept;
  [[nodiscard]] PacingStats stats() noexcept;
  // The same, and what comes from now on is news again.
  [[nodiscard]] PacingStats news() noexcept;
  // Nothing moves once this has returned.
  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

  // The rest is for the pacer's thread. `now` is on CLOCK_MONOTONIC.

  // Something was changed, or it begins.
  void update(std::int64_t now) noexcept;
  // The scale has looked at its clock; `changed` as it says.
  void observed(std::int64_t now, bool changed) noexcept;
  // Moves what is due. `clock` tells the time from then on.
  void serve(std::int64_t now, Now clock) noexcept;
  // What its source has. Returns whether there may be more.
  bool follow() noexcept;
  // Null where it has none.
  [[nodiscard]] const TickSource* source() const noexcept { return source_.get(); }
  // Once this is closed: lets go of its source, which close() has given back, and of its scale, which nobody
  // looks at for it any more.
  void leave() noexcept {
    source_.reset();
    scale_.reset();
  }
  // When it is due, kNever where it is over.
  [[nodiscard]] std::int64_t deadline() const noexcept { return deadline_; }
  [[nodiscard]] const std::shared_ptr<TimeScale>& scale() const noexcept { return scale_; }

 private:
  using Lock = std::lock_guard<PriorityMutex>;

  [[nodiscard]] bool over() const noexcept { return closed_ || stats_.ended || stats_.failure.error != 0; }
  void begin(std::int64_t now) noexcept;
  void copy_clock() noexcept;
  void set_deadline() noexcept;
  // Of so many ends those that the policy for late ones leaves.
  [[nodiscard]] std::uint64_t within_policy(std::uint64_t ends) noexcept;
  void move(std::uint64_t ends, std::int64_t now, Now clock) noexcept;
  void move_ticks(std::uint64_t ends) noexcept;
  void move_one(bool late, std::uint64_t end = 0) noexcept;
  void wake_pacer() noexcept;
  void tell() noexcept;

  const std::uint32_t number_;
  const std::shared_ptr<PacerBoard> board_;
  const std::unique_ptr<PacerTarget> target_;
  std::shared_ptr<TimeScale> scale_;  // of the pacer's thread, until leave()
  const PacingParameters parameters_;
  std::unique_ptr<TickSource> source_;  // of the pacer's thread; it is read, and given back, with the mutex
  std::int64_t deadline_ = kNever;      // of the pacer's thread

  PriorityMutex mutex_;  // guards all below
  std::optional<Schedule> schedule_;
  std::int32_t wanted_ppb_;
  std::uint64_t steps_before_ = 0;  // of the clock, before this began
  PacingStats stats_;
  bool tells_ticks_ = false;
  bool told_ = false;  // there is news that nobody has looked at
  bool closed_ = false;
};

}  // namespace alsa_utimer
