#include "alsa/period_pump.h"

#include <fcntl.h>
#include <pthread.h>
#include <sound/asound.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

constexpr const char* kTrigger = "ioctl SNDRV_TIMER_IOCTL_TRIGGER";

// A blocking read gives up when it has waited for 100 ms or for 1.1 buffers, whichever is longer
// (sound/core/pcm_lib.c: wait_for_avail). Silence comes after three quarters of that, for threads are late.
constexpr std::chrono::nanoseconds kLeastPatience = std::chrono::milliseconds(75);

std::chrono::nanoseconds patience(std::chrono::nanoseconds buffer) {
  return std::max<std::chrono::nanoseconds>(kLeastPatience, buffer * 33 / 40);
}

// How often to look at a listener that is waited for: it may have read what it had, or be another one by now.
constexpr std::chrono::nanoseconds kLook = std::chrono::milliseconds(20);
// And while periods come in time, where it only matters whether anybody hears them.
constexpr std::chrono::nanoseconds kGlance = std::chrono::milliseconds(100);

// What was given ahead of time is forgotten by this part of the time that passes: more than clocks drift.
constexpr int kForgotten = 64;

// As long as anything given can be heard: more than any buffer, and little enough to be added to a time.
constexpr std::chrono::nanoseconds kLongest = std::chrono::hours(24);

}  // namespace

PeriodPump::PeriodPump(std::shared_ptr<Pcm> pcm, std::shared_ptr<Utimer> timer,
                       const PumpParameters& parameters)
    : timer_(std::move(timer)),
      pcm_(std::move(pcm)),
      parameters_(parameters),
      frame_bytes_(pcm_->frame_bytes()),
      period_frames_(pcm_->period_frames()),
      period_bytes_(std::size_t{period_frames_} * frame_bytes_),
      begun_(period_bytes_),
      silence_(period_bytes_, parameters.silence),
      listener_(parameters.listener) {}

void PeriodPump::check_open() const {
  if (closed_) {
    throw ClosedError();
  }
}

void PeriodPump::write(const std::uint8_t* data, std::size_t length) {
  const std::lock_guard lock(mutex_);
  check_open();
  stats_.consumed_bytes = 0;
  if (length == 0) {
    return;  // `data` may be null
  }
  const Held held = hold_cable();
  const Clock::time_point began = inserting_ ? Clock::now() : Clock::time_point();
  const std::uint64_t before = stats_.periods;
  try {
    take(held, data, length);
  } catch (...) {
    given(began, stats_.periods - before);
    throw;
  }
  given(began, stats_.periods - before);
}

void PeriodPump::take(const Held& held, const std::uint8_t* data, std::size_t length) {
  std::uint64_t& consumed = stats_.consumed_bytes;
  if (pending_ > 0) {
    const std::size_t part = std::min(length, period_bytes_ - pending_);
    std::memcpy(begun_.data() + pending_, data, part);
    if (pending_ + part == period_bytes_) {
      move(held, begun_.data());
      pending_ = 0;
    } else {
      pending_ += part;
    }
    consumed = part;
  }
  while (length - consumed >= period_bytes_) {
    move(held, data + consumed);
    consumed += period_bytes_;
  }
  if (const std::size_t rest = length - consumed; rest > 0) {
    std::memcpy(begun_.data(), data + consumed, rest);
    pending_ = rest;
    consumed = length;
  }
}

std::size_t PeriodPump::pad() {
  const std::lock_guard lock(mutex_);
  check_open();
  const Held held = hold_cable();
  if (started_ && pcm_->status().state == SNDRV_PCM_STATE_SUSPENDED) {
    recover(held, ESTRPIPE);
  }
  if (pending_ == 0) {
    return 0;
  }
  const std::size_t missing = period_bytes_ - pending_;
  std::memset(begun_.data() + pending_, parameters_.silence, missing);
  move(held, begun_.data());
  pending_ = 0;
  return missing;
}

void PeriodPump::restart(bool forget) {
  const std::lock_guard lock(mutex_);
  check_open();
  started_ = false;
  if (forget) {
    pending_ = 0;
  }
}

void PeriodPump::drop_partial_frame() {
  const std::lock_guard lock(mutex_);
  pending_ -= pending_ % frame_bytes_;
}

void PeriodPump::move(const Held& held, const std::uint8_t* period) {
  try {
    queue(held, period);
  } catch (const SystemError& error) {
    if (!recover(held, error.error())) {
      throw;
    }
    queue(held, period);
  }
  try {
    trigger(held);
  } catch (...) {
    take_back(period_frames_);
    throw;
  }
  ++stats_.periods;
}

void PeriodPump::queue(const Held& held, const std::uint8_t* period) {
  const std::uint64_t written = pcm_->write(held.pcm, period, period_bytes_);
  if (written != period_frames_) [[unlikely]] {
    take_back(written);
    throw StalledError();
  }
  if (!started_) [[unlikely]] {
    start();
  }
}

// Of a period that does not move nothing may stay: a trigger would move it in the place of what comes next.
void PeriodPump::take_back(std::uint64_t frames) {
  try {
    if (frames == 0 || pcm_->rewind(frames) == frames) {
      return;
    }
  } catch (const SystemError&) {
    // An xrun or a suspend came in between.
  }
  pcm_->drop();
  pcm_->prepare();
  started_ = false;
}

void PeriodPump::start() {
  // 1 instead of an error means that another client of the timer runs, and that the stream does not
  // (sound/core/timer.c: snd_timer_start1; sound/drivers/aloop.c: loopback_snd_timer_start).
  int result = 0;
  int state = SNDRV_PCM_STATE_PREPARED;
  // The period must not be queued when it is written again.
  const auto undo = [this] {
    pcm_->drop();
    pcm_->prepare();
  };
  try {
    result = pcm_->start();
    state = pcm_->status().state;
  } catch (const SystemError& error) {
    const bool suspended = error.error() == EBADFD && pcm_->status().state == SNDRV_PCM_STATE_SUSPENDED;
    undo();
    if (suspended) {
      throw SystemError(ESTRPIPE, error.syscall(), error.path());
    }
    throw;
  }
  // A suspend that comes right behind is for the next write to see.
  if (result != 0 || (state != SNDRV_PCM_STATE_RUNNING && state != SNDRV_PCM_STATE_SUSPENDED)) {
    undo();
    throw NotStartedError(result, state);
  }
  started_ = true;
}

void PeriodPump::trigger(const Held& held) {
  const auto before = parameters_.measure ? Clock::now() : Clock::time_point();
  if (const int error = timer_->trigger(held.timer); error != 0) [[unlikely]] {
    if (error == EBADF) {
      throw ClosedError();
    }
    throw SystemError(error, kTrigger);
  }
  if (parameters_.measure) {
    const auto cost = static_cast<std::uint64_t>((Clock::now() - before).count());
    const auto bucket = static_cast<std::size_t>(std::bit_width(cost | 1U) - 1);
    ++stats_.trigger_costs[std::min(bucket, PumpStats::kBuckets - 1)];
  }
}

// Whether the next period can be queued again after this error.
bool PeriodPump::recover(const Held& held, int error) {
  if (error != EPIPE && error != ESTRPIPE) {
    return false;
  }
  if (error == ESTRPIPE && started_) {
    // The system may have been suspended between a write and its trigger, which moved nothing then: RESUME
    // keeps what is queued, PREPARE would lose it.
    const int result = pcm_->resume();
    const PcmStatus status = pcm_->status();
    if (result != 0 || status.state != SNDRV_PCM_STATE_RUNNING) {
      throw NotStartedError(result, status.state);
    }
    if (pcm_->buffer_frames() - status.avail >= period_frames_) {
      trigger(held);
    }
  } else {
    // An xrun loses nothing, since no period is queued between two writes.
    pcm_->prepare();
    started_ = false;
  }
  ++stats_.xruns;
  return true;
}

void PeriodPump::keep_alive(std::uint64_t period, std::uint64_t grace) {
  stop_inserting();
  const std::lock_guard lock(mutex_);
  check_open();
  if (period == 0) {
    return;
  }
  if (!failed_.valid()) {
    failed_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!failed_.valid()) {
      throw SystemError(errno, "eventfd");
    }
  }
  if (std::exchange(stats_.inserted_error, 0) != 0) {
    eventfd_t count = 0;
    ::eventfd_read(failed_.get(), &count);
  }
  period_ = std::chrono::nanoseconds(period);
  grace_ = std::chrono::nanoseconds(grace);
  given_at_ = given_until_ = fed_at_ = looked_at_ = Clock::now();
  silent_ = false;
  inserting_ = true;
  // Signals are for the threads of the process that know about them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int refused = 0;
  try {
    inserter_ = std::thread([this] { insert_silence(); });
  } catch (const std::system_error& error) {
    refused = error.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (refused != 0) {
    inserting_ = false;
    throw SystemError(refused, "pthread_create");
  }
}

void PeriodPump::hold() {
  const std::lock_guard lock(mutex_);
  held_ = true;
  ++changes_;
}

void PeriodPump::release(std::uint64_t unread) {
  const std::lock_guard lock(mutex_);
  held_ = false;
  ++changes_;
  if (inserting_ && unread > 0 && !silent_) {
    fed_at_ = Clock::now();
    given_until_ = std::max<Clock::time_point>(given_until_, fed_at_ + lasting(unread));
  }
  changed_.notify_all();
}

// How long that many periods are heard.
std::chrono::nanoseconds PeriodPump::lasting(std::uint64_t periods) const noexcept {
  const auto most = static_cast<std::uint64_t>(kLongest / period_);
  return periods < most ? period_ * static_cast<std::int64_t>(periods) : kLongest;
}

// `periods` were moved from `now` on.
void PeriodPump::given(Clock::time_point now, std::uint64_t periods) {
  if (!inserting_ || periods == 0) {
    return;
  }
  // Frames in a row add up. But a producer whose clock is the faster one must not gain on the listener for
  // ever.
  const Clock::time_point before = given_until_ - (now - given_at_) / kForgotten;
  given_until_ = std::min<Clock::time_point>(std::max<Clock::time_point>(before, now) + lasting(periods),
                                             now + kLongest);
  given_at_ = fed_at_ = now;
  silent_ = false;
  ++changes_;
}

// When silence begins, unless something is given before; nothing where only a look at the listener can tell.
std::optional<PeriodPump::Clock::time_point> PeriodPump::silence_begins(Clock::time_point now) const {
  const Clock::time_point late = given_at_ + period_ + grace_;
  const Clock::time_point earliest = std::min(late, fed_at_ + kLeastPatience);
  const bool together = given_until_ > given_at_ + period_;
  if (now < earliest && !(together && now - looked_at_ >= kGlance)) {
    return earliest;
  }
  if (!together && earliest == late) {
    return late;
  }
  return std::nullopt;
}

// The same for what was seen of the listener at `now`; or, if that is later, when to look again.
//
// Periods that were given together, or in a row, are heard for longer than one: until given_until_, but not
// for longer than the listener's buffer. A listener that has taken them at once and waits for more must not
// give up. Nobody hears what nobody listens to, and who comes next must find silence.
PeriodPump::Clock::time_point PeriodPump::silence_begins(Clock::time_point now,
                                                         const std::optional<ListenerState>& listener) {
  const Clock::time_point late = given_at_ + period_ + grace_;
  looked_at_ = now;
  Clock::time_point begin = late;
  if (listener) {
    if (listener->unread_frames >= period_frames_) {
      fed_at_ = now;
    }
    const std::chrono::nanoseconds buffer = lasting(listener->buffer_frames / period_frames_);
    given_until_ = std::min<Clock::time_point>(given_until_, now + buffer);
    begin = std::min<Clock::time_point>(std::max(late, given_until_ + grace_), fed_at_ + patience(buffer));
  } else {
    given_until_ = given_at_;
    fed_at_ = now;
  }
  return begin <= now ? begin : std::min<Clock::time_point>(begin, now + kLook);
}

UniqueFd PeriodPump::failure() {
  const std::lock_guard lock(mutex_);
  check_open();
  UniqueFd duplicate(::fcntl(failed_.get(), F_DUPFD_CLOEXEC, 0));
  if (!duplicate.valid()) {
    throw SystemError(errno, "fcntl F_DUPFD_CLOEXEC");
  }
  return duplicate;
}

// Nothing while nobody captures, or where that cannot be told.
std::optional<ListenerState> PeriodPump::look_at_listener() noexcept {
  try {
    const std::optional<SubstreamStatus> status = listener_.status();
    if (!status || status->state != SNDRV_PCM_STATE_RUNNING) {
      return std::nullopt;
    }
    const std::optional<SubstreamParameters> parameters = listener_.parameters();
    if (!parameters || parameters->buffer_frames == 0) {
      return std::nullopt;  // it has gone since
    }
    return ListenerState{parameters->buffer_frames, status->avail};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void PeriodPump::insert_silence() {
  std::unique_lock lock(mutex_);
  Clock::time_point released;
  while (inserting_) {
    if (held_) {
      changed_.wait(lock);
      released = Clock::now();
      continue;
    }
    Clock::time_point now = Clock::now();
    std::optional<Clock::time_point> begin = silent_ ? due_ : silence_begins(now);
    if (!begin) {
      // Reading /proc waits for whoever opens or sets up the listener's substream, and writers must not.
      const std::uint64_t before = changes_;
      lock.unlock();
      const std::optional<ListenerState> listener = look_at_listener();
      lock.lock();
      if (!inserting_ || changes_ != before) {
        continue;
      }
      now = Clock::now();
      begin = silence_begins(now, listener);
    }
    const Clock::time_point next = std::max(*begin, released);
    if (now < next) {
      changed_.wait_until(lock, next);
      continue;
    }
    silent_ = true;
    try {
      move(hold_cable(), silence_.data());
      --stats_.periods;
      ++stats_.inserted_periods;
      // At the cable's own pace, also after a late wake-up; but what was missed long ago is not made up for.
      due_ = std::max(next + period_, Clock::now() - 4 * period_);
    } catch (const NotStartedError&) {
      // Somebody else runs on the timer, perhaps for a moment only.
      due_ = Clock::now() + period_;
    } catch (const SystemError& error) {
      fail(error.error(), error.syscall());
    } catch (const StalledError&) {
      fail(EAGAIN, pcm_->write_call());
    } catch (...) {
      fail(EIO, kTrigger);
    }
  }
}

void PeriodPump::fail(int error, const char* call) noexcept {
  inserting_ = false;
  stats_.inserted_error = error;
  stats_.inserted_call = call;
  ::eventfd_write(failed_.get(), 1);
}

void PeriodPump::stop_inserting() noexcept {
  {
    const std::lock_guard lock(mutex_);
    inserting_ = false;
    changed_.notify_all();
  }
  if (inserter_.joinable()) {
    inserter_.join();
  }
}

std::size_t PeriodPump::pending_bytes() {
  const std::lock_guard lock(mutex_);
  return pending_;
}

PumpStats PeriodPump::stats() {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void PeriodPump::close() noexcept {
  stop_inserting();
  listener_.close();
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool PeriodPump::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
