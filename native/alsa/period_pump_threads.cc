// What moves a PeriodPump from threads of the addon: the one of silence, and a pacer.
#include <cerrno>

#include "alsa/period_pump.h"

namespace alsa_utimer {
IdleSilence::Move PeriodPump::move_now(const std::uint8_t* period, IdleSilence::Failure& failure) {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    failure = {EBADF, Utimer::kTriggerCall};
    return IdleSilence::Move::kFailed;
  }
  return period == nullptr ? move_silence(failure) : try_move(period, stats_.periods, failure);
}

IdleSilence::Move PeriodPump::move_silence(IdleSilence::Failure& failure) {
  return try_move(silent_period_.data(), stats_.inserted_periods, failure);
}

// Counts what has moved.
IdleSilence::Move PeriodPump::try_move(const std::uint8_t* period, std::uint64_t& moved,
                                       IdleSilence::Failure& failure) {
  try {
    move(lock_cable(), period);
    ++moved;
    return IdleSilence::Move::kMoved;
  } catch (const NotStartedError&) {
    return IdleSilence::Move::kPostponed;
  } catch (const SystemError& error) {
    failure = {error.error(), error.syscall()};
  } catch (const StalledError&) {
    failure = {EAGAIN, pcm_->write_call()};
  } catch (const ClosedError&) {
    failure = {EBADF, Utimer::kTriggerCall};
  } catch (...) {
    failure = {EIO, Utimer::kTriggerCall};
  }
  return IdleSilence::Move::kFailed;
}

void PeriodPump::keep_alive(std::uint64_t period, std::uint64_t grace) {
  silence_.stop();
  if (closed()) {
    throw ClosedError();
  }
  if (period > 0) {
    {
      const std::lock_guard lock(mutex_);
      check_silence();
    }
    silence_.start(std::chrono::nanoseconds(period), std::chrono::nanoseconds(grace));
  }
}

UniqueFd PeriodPump::failure_event() {
  const std::lock_guard lock(mutex_);
  check_open();
  return silence_.failure_event();
}

}  // namespace alsa_utimer
