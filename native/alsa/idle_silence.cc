#include "alsa/idle_silence.h"

#include <sound/asound.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "alsa/start_thread.h"
#include "alsa/system_error.h"

namespace alsa_utimer {

using Clock = SilenceSchedule::Clock;
using Time = SilenceSchedule::Time;

IdleSilence::IdleSilence(std::mutex& mutex, std::uint32_t period_frames, const std::string& listener,
                         std::function<Move(Failure&)> move)
    : mutex_(mutex), move_(std::move(move)), schedule_(period_frames), listener_(listener) {}

void IdleSilence::start(std::chrono::nanoseconds period, std::chrono::nanoseconds grace) {
  stop();
  const std::lock_guard lock(mutex_);
  if (!failed_.valid()) {
    failed_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!failed_.valid()) {
      throw SystemError(errno, "eventfd");
    }
  }
  if (std::exchange(failure_, {}).error != 0) {
    eventfd_t count = 0;
    ::eventfd_read(failed_.get(), &count);
  }
  schedule_.begin(Clock::now(), period, grace);
  running_ = true;
  try {
    thread_ = start_thread([this] { run(); });
  } catch (...) {
    running_ = false;
    throw;
  }
}

void IdleSilence::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    changed_.notify_all();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
  listener_.close();
}

void IdleSilence::close() noexcept {
  stop();
  const std::lock_guard lock(mutex_);
  failed_.reset();
}

void IdleSilence::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  ++changes_;
}

void IdleSilence::resume(std::uint64_t unread_periods) {
  const std::lock_guard lock(mutex_);
  paused_ = false;
  ++changes_;
  if (running_) {
    schedule_.resumed(Clock::now(), unread_periods);
  }
  changed_.notify_all();
}

void IdleSilence::written(Time began, std::uint64_t periods) {
  if (running_ && periods > 0) {
    schedule_.written(began, periods);
    ++changes_;
  }
}

// Nothing while nobody captures, or where that cannot be told.
std::optional<ListenerState> IdleSilence::look_at_listener() noexcept {
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

void IdleSilence::run() {
  std::unique_lock lock(mutex_);
  Time resumed;
  while (running_) {
    if (paused_) {
      changed_.wait(lock);
      resumed = Clock::now();
      continue;
    }
    Time now = Clock::now();
    std::optional<Time> due = schedule_.due(now);
    if (!due) {
      // Reading /proc waits for whoever opens or sets up the listener's substream, and writers must not.
      const std::uint64_t before = changes_;
      lock.unlock();
      const std::optional<ListenerState> listener = look_at_listener();
      lock.lock();
      if (!running_ || changes_ != before) {
        continue;
      }
      now = Clock::now();
      due = schedule_.due(now, listener);
    }
    const Time next = std::max(*due, resumed);
    if (now < next) {
      changed_.wait_until(lock, next);
      continue;
    }
    schedule_.moves();
    switch (move_(failure_)) {
      case Move::kMoved:
        schedule_.moved(next, Clock::now());
        break;
      case Move::kPostponed:
        schedule_.postponed(Clock::now());
        break;
      case Move::kFailed:
        running_ = false;
        untold_ = true;
        ::eventfd_write(failed_.get(), 1);
        break;
    }
  }
}

}  // namespace alsa_utimer
