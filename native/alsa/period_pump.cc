#include "alsa/period_pump.h"

#include <sound/asound.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

using Clock = SilenceSchedule::Clock;

}  // namespace

PeriodPump::PeriodPump(std::shared_ptr<Pcm> pcm, std::shared_ptr<Utimer> timer,
                       const PumpParameters& parameters)
    : timer_(std::move(timer)),
      pcm_(std::move(pcm)),
      parameters_(parameters),
      frame_bytes_(pcm_->frame_bytes()),
      period_frames_(pcm_->period_frames()),
      period_bytes_(std::size_t{period_frames_} * frame_bytes_),
      silent_period_(period_bytes_, parameters.silence),
      begun_period_(period_bytes_),
      silence_(mutex_, period_frames_, parameters.listener,
               [this](IdleSilence::Failure& failure) { return move_silence(failure); }) {}

void PeriodPump::check_open() const {
  if (closed_) {
    throw ClosedError();
  }
}

void PeriodPump::check_silence() {
  if (silence_.take_end()) [[unlikely]] {
    throw SilenceEndedError();
  }
}

void PeriodPump::write(const std::uint8_t* data, std::size_t length) {
  const std::lock_guard lock(mutex_);
  check_open();
  stats_.consumed_bytes = 0;
  if (length == 0) {
    return;  // `data` may be null
  }
  check_silence();
  const CableLock cable = lock_cable();
  const Clock::time_point began = silence_.running() ? Clock::now() : Clock::time_point();
  const std::uint64_t before = stats_.periods;
  try {
    consume(cable, data, length);
  } catch (...) {
    silence_.written(began, stats_.periods - before);
    throw;
  }
  silence_.written(began, stats_.periods - before);
}

void PeriodPump::consume(const CableLock& cable, const std::uint8_t* data, std::size_t length) {
  std::uint64_t& consumed = stats_.consumed_bytes;
  if (pending_ > 0) {
    const std::size_t part = std::min(length, period_bytes_ - pending_);
    std::memcpy(begun_period_.data() + pending_, data, part);
    if (pending_ + part == period_bytes_) {
      move_written(cable, begun_period_.data());
      pending_ = 0;
    } else {
      pending_ += part;
    }
    consumed = part;
  }
  while (length - consumed >= period_bytes_) {
    move_written(cable, data + consumed);
    consumed += period_bytes_;
  }
  if (const std::size_t rest = length - consumed; rest > 0) {
    std::memcpy(begun_period_.data(), data + consumed, rest);
    pending_ = rest;
    consumed = length;
  }
}

std::size_t PeriodPump::pad() {
  const std::lock_guard lock(mutex_);
  check_open();
  const CableLock cable = lock_cable();
  if (started_ && pcm_->status().state == SNDRV_PCM_STATE_SUSPENDED) {
    recover(cable, ESTRPIPE);
  }
  if (pending_ == 0) {
    return 0;
  }
  const std::size_t missing = period_bytes_ - pending_;
  std::memset(begun_period_.data() + pending_, parameters_.silence, missing);
  move_written(cable, begun_period_.data());
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

std::vector<std::uint8_t> PeriodPump::take_begun() {
  const std::lock_guard lock(mutex_);
  check_open();
  const std::vector<std::uint8_t> begun(begun_period_.begin(),
                                        begun_period_.begin() + static_cast<std::ptrdiff_t>(pending_));
  pending_ = 0;
  return begun;
}

void PeriodPump::put_back_begun(const std::uint8_t* data, std::size_t length) noexcept {
  const std::lock_guard lock(mutex_);
  if (pending_ == 0 && length < period_bytes_) {
    std::memcpy(begun_period_.data(), data, length);
    pending_ = length;
  }
}

void PeriodPump::move_written(const CableLock& cable, const std::uint8_t* period) {
  move(cable, period);
  ++stats_.periods;
}

void PeriodPump::move(const CableLock& cable, const std::uint8_t* period) {
  try {
    queue(cable, period);
  } catch (const SystemError& error) {
    if (!recover(cable, error.error())) {
      throw;
    }
    queue(cable, period);
  }
  try {
    trigger(cable);
  } catch (...) {
    unqueue(period_frames_);
    throw;
  }
}

void PeriodPump::queue(const CableLock& cable, const std::uint8_t* period) {
  const std::uint64_t written = pcm_->write(cable.pcm, period, period_bytes_);
  if (written != period_frames_) [[unlikely]] {
    unqueue(written);
    throw StalledError();
  }
  if (!started_) [[unlikely]] {
    start();
  }
}

// Of a period that does not move nothing may stay: a trigger would move it in the place of what comes next.
void PeriodPump::unqueue(std::uint64_t frames) {
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

void PeriodPump::trigger(const CableLock& cable) {
  const auto before = parameters_.measure ? Clock::now() : Clock::time_point();
  if (const int error = timer_->trigger(cable.timer); error != 0) [[unlikely]] {
    Utimer::throw_trigger(error);
  }
  if (parameters_.measure) {
    const auto cost = static_cast<std::uint64_t>((Clock::now() - before).count());
    const auto bucket = static_cast<std::size_t>(std::bit_width(cost | 1U) - 1);
    ++stats_.trigger_costs[std::min(bucket, PumpStats::kBuckets - 1)];
  }
}

// Whether the next period can be queued again after this error.
bool PeriodPump::recover(const CableLock& cable, int error) {
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
      trigger(cable);
    }
  } else {
    // An xrun loses nothing, since no period is queued between two writes.
    pcm_->prepare();
    started_ = false;
  }
  ++stats_.xruns;
  return true;
}

std::size_t PeriodPump::pending_bytes() {
  const std::lock_guard lock(mutex_);
  return pending_;
}

PumpStats PeriodPump::stats() {
  const std::lock_guard lock(mutex_);
  PumpStats stats = stats_;
  stats.inserting = silence_.failure();
  return stats;
}

void PeriodPump::close() noexcept {
  silence_.close();
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool PeriodPump::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
