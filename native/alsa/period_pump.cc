#include "alsa/period_pump.h"

#include <pthread.h>
#include <sound/asound.h>

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstring>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {

PeriodPump::PeriodPump(std::shared_ptr<Pcm> pcm, std::shared_ptr<Utimer> timer,
                       const PumpParameters& parameters)
    : pcm_(std::move(pcm)),
      timer_(std::move(timer)),
      parameters_(parameters),
      period_bytes_(std::size_t{parameters.period_frames} * parameters.frame_bytes),
      begun_(period_bytes_),
      silence_(period_bytes_, parameters.silence) {}

void PeriodPump::check_open() const {
  if (closed_) {
    throw ClosedError();
  }
}

std::size_t PeriodPump::write(const std::uint8_t* data, std::size_t length) {
  const std::lock_guard lock(mutex_);
  check_open();
  std::uint64_t& consumed = stats_.consumed_bytes;
  consumed = 0;
  if (pending_ > 0) {
    const std::size_t part = std::min(length, period_bytes_ - pending_);
    std::memcpy(begun_.data() + pending_, data, part);
    if (pending_ + part == period_bytes_) {
      move(begun_.data());
      pending_ = 0;
    } else {
      pending_ += part;
    }
    consumed = part;
  }
  while (length - consumed >= period_bytes_) {
    move(data + consumed);
    consumed += period_bytes_;
  }
  if (const std::size_t rest = length - consumed; rest > 0) {
    std::memcpy(begun_.data(), data + consumed, rest);
    pending_ = rest;
    consumed = length;
  }
  return length;
}

std::size_t PeriodPump::pad() {
  const std::lock_guard lock(mutex_);
  check_open();
  if (pending_ == 0) {
    return 0;
  }
  const std::size_t missing = period_bytes_ - pending_;
  std::memset(begun_.data() + pending_, parameters_.silence, missing);
  move(begun_.data());
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

void PeriodPump::move(const std::uint8_t* period) {
  const std::uint64_t frames = pcm_->write(period, parameters_.period_frames);
  if (frames != parameters_.period_frames) {
    throw StalledError();
  }
  if (!started_) [[unlikely]] {
    start();
  }
  const auto before = parameters_.measure ? Clock::now() : Clock::time_point();
  if (const int error = timer_->trigger(); error != 0) [[unlikely]] {
    if (error == EBADF) {
      throw ClosedError();
    }
    throw SystemError(error, "ioctl SNDRV_TIMER_IOCTL_TRIGGER");
  }
  if (parameters_.measure) {
    const auto cost = static_cast<std::uint64_t>((Clock::now() - before).count());
    const auto bucket = static_cast<std::size_t>(std::bit_width(cost | 1U) - 1);
    ++stats_.trigger_costs[std::min(bucket, PumpStats::kBuckets - 1)];
  }
  ++stats_.periods;
  if (inserting_) {
    due_ = Clock::now() + period_ + grace_;
  }
}

void PeriodPump::start() {
  // 1 instead of an error means that another client of the timer runs, and that the stream does not
  // (sound/core/ timer.c: snd_timer_start1; sound/drivers/aloop.c: loopback_snd_timer_start).
  int result = 0;
  int state = SNDRV_PCM_STATE_PREPARED;
  try {
    result = pcm_->start();
    state = pcm_->status().state;
  } catch (...) {
    pcm_->drop();
    pcm_->prepare();
    throw;
  }
  if (result != 0 || state != SNDRV_PCM_STATE_RUNNING) {
    // The period must not be queued when it is written again.
    pcm_->drop();
    pcm_->prepare();
    throw NotStartedError(result, state);
  }
  started_ = true;
}

void PeriodPump::keep_alive(std::uint64_t period, std::uint64_t grace) {
  stop_inserting();
  const std::lock_guard lock(mutex_);
  check_open();
  if (period == 0) {
    return;
  }
  period_ = std::chrono::nanoseconds(period);
  grace_ = std::chrono::nanoseconds(grace);
  due_ = Clock::now() + period_ + grace_;
  inserting_ = true;
  stats_.inserted_error = 0;
  // Signals are for the threads of the process that know about them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    inserter_ = std::thread([this] { insert_silence(); });
  } catch (...) {
    inserting_ = false;
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void PeriodPump::insert_silence() {
  std::unique_lock lock(mutex_);
  while (inserting_) {
    const Clock::time_point due = due_;
    if (Clock::now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    try {
      move(silence_.data());
      --stats_.periods;
      ++stats_.inserted_periods;
      // At the cable's own pace, also after a late wake-up; but what was missed long ago is not made up for.
      due_ = std::max(due + period_, Clock::now() - 4 * period_);
    } catch (const SystemError& error) {
      stats_.inserted_error = error.error();
      inserting_ = false;
    } catch (...) {
      stats_.inserted_error = EIO;
      inserting_ = false;
    }
  }
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

PumpStats PeriodPump::stats() {
  const std::lock_guard lock(mutex_);
  PumpStats stats = stats_;
  stats.pending_bytes = pending_;
  return stats;
}

void PeriodPump::close() noexcept {
  stop_inserting();
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool PeriodPump::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
