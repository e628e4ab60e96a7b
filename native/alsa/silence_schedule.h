// When silence is due in a cable that nobody writes to, so that its listener does not give up.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace alsa_utimer {

// Whoever captures at the other end of a cable, as far as its writer can see it.
struct ListenerState {
  std::uint64_t buffer_frames;
  std::uint64_t unread_frames;
};

class SilenceSchedule {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  explicit SilenceSchedule(std::uint32_t period_frames) : period_frames_(period_frames) {}

  // From now on silence comes each `period`, beginning `grace` after the time at which the period after those
  // that were written was due; sooner where the listener would give up before that.
  void begin(Time now, std::chrono::nanoseconds period, std::chrono::nanoseconds grace);
  // `periods` were written from `now` on.
  void written(Time now, std::uint64_t periods);
  // Whoever wrote waited until `now`, and left the listener with that many whole periods to read.
  void resumed(Time now, std::uint64_t unread_periods);

  // When the next period of silence is due, unless something is written before; nothing where only a look at
  // the listener can tell.
  [[nodiscard]] std::optional<Time> due(Time now) const;
  // The same for what was seen of the listener at `now`; or, if that is later, when to look again.
  Time due(Time now, const std::optional<ListenerState>& listener);

  // A period of silence, which was due then, moves; silence is what comes from here on, until something is
  // written.
  void moves();
  // It has moved at `now`.
  void moved(Time was_due, Time now);
  // It has not, and is due again a period later.
  void postponed(Time now);

 private:
  // How long that many periods are heard.
  [[nodiscard]] std::chrono::nanoseconds duration(std::uint64_t periods) const noexcept;

  std::uint32_t period_frames_;
  std::chrono::nanoseconds period_{};
  std::chrono::nanoseconds grace_{};
  bool silent_ = false;  // silence is what comes, until periods are written again
  Time next_;            // then: when the next silent period is due
  Time written_at_;      // when periods were written last,
  Time heard_until_;     // when a listener that plays them is through,
  Time fed_at_;          // when no listener waited for more, so far as is known,
  Time looked_at_;       // and when that was looked for
};

}  // namespace alsa_utimer
