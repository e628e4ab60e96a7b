#include "alsa/silence_schedule.h"

#include <algorithm>

namespace alsa_utimer {
namespace {

using std::chrono::nanoseconds;

// A blocking read gives up when it has waited for 100 ms or for 1.1 buffers, whichever is longer
// (sound/core/pcm_lib.c: wait_for_avail). Silence comes after three quarters of that, for threads are late.
constexpr nanoseconds kLeastPatience = std::chrono::milliseconds(75);

nanoseconds patience(nanoseconds buffer) { return std::max<nanoseconds>(kLeastPatience, buffer * 33 / 40); }

// How often to look at a listener that is waited for: it may have read what it had, or be another one by now.
constexpr nanoseconds kWaitingInterval = std::chrono::milliseconds(20);
// And while periods come in time, where it only matters whether anybody hears them.
constexpr nanoseconds kFlowingInterval = std::chrono::milliseconds(100);

// Credit for periods written early decays by this part of the elapsed time, faster than any clock drifts.
constexpr int kDecay = 64;

// As long as anything written can be heard: more than any buffer, and little enough to be added to a time.
constexpr nanoseconds kLongest = std::chrono::hours(24);

}  // namespace

void SilenceSchedule::begin(Time now, nanoseconds period, nanoseconds grace) {
  period_ = period;
  grace_ = grace;
  written_at_ = heard_until_ = fed_at_ = looked_at_ = now;
  silent_ = false;
}

nanoseconds SilenceSchedule::duration(std::uint64_t periods) const noexcept {
  const auto most = static_cast<std::uint64_t>(kLongest / period_);
  return periods < most ? period_ * static_cast<std::int64_t>(periods) : kLongest;
}

void SilenceSchedule::written(Time now, std::uint64_t periods) {
  // Frames in a row add up. But a producer whose clock is the faster one must not gain on the listener for
  // ever.
  const Time before = heard_until_ - (now - written_at_) / kDecay;
  heard_until_ = std::min<Time>(std::max<Time>(before, now) + duration(periods), now + kLongest);
  written_at_ = fed_at_ = now;
  silent_ = false;
}

void SilenceSchedule::resumed(Time now, std::uint64_t unread_periods) {
  if (unread_periods > 0 && !silent_) {
    fed_at_ = now;
    heard_until_ = std::max<Time>(heard_until_, now + duration(unread_periods));
  }
}

std::optional<SilenceSchedule::Time> SilenceSchedule::due(Time now) const {
  if (silent_) {
    return next_;
  }
  const Time late = written_at_ + period_ + grace_;
  const Time earliest = std::min(late, fed_at_ + kLeastPatience);
  const bool together = heard_until_ > written_at_ + period_;
  if (now < earliest && !(together && now - looked_at_ >= kFlowingInterval)) {
    return earliest;
  }
  if (!together && earliest == late) {
    return late;
  }
  return std::nullopt;
}

// Periods that were written together, or in a row, are heard for longer than one: until heard_until_, but not
// for longer than the listener's buffer. A listener that has taken them at once and waits for more must not
// give up. Nobody hears what nobody listens to, and who comes next must find silence.
SilenceSchedule::Time SilenceSchedule::due(Time now, const std::optional<ListenerState>& listener) {
  const Time late = written_at_ + period_ + grace_;
  looked_at_ = now;
  Time begin = late;
  if (listener) {
    if (listener->unread_frames >= period_frames_) {
      fed_at_ = now;
    }
    const nanoseconds buffer = duration(listener->buffer_frames / period_frames_);
    heard_until_ = std::min<Time>(heard_until_, now + buffer);
    begin = std::min<Time>(std::max(late, heard_until_ + grace_), fed_at_ + patience(buffer));
  } else {
    heard_until_ = written_at_;
    fed_at_ = now;
  }
  return begin <= now ? begin : std::min<Time>(begin, now + kWaitingInterval);
}

void SilenceSchedule::moves() { silent_ = true; }

void SilenceSchedule::moved(Time was_due, Time now) {
  // At the cable's own pace, also after a late wake-up; but what was missed long ago is not made up for.
  next_ = std::max(was_due + period_, now - 4 * period_);
}

void SilenceSchedule::postponed(Time now) { next_ = now + period_; }

}  // namespace alsa_utimer
