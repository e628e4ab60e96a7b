#include "alsa/capture_pump.h"

#include <sound/asound.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "alsa/stream_errors.h"
#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

constexpr int kArrived = -1;  // no SNDRV_PCM_STATE_*

// Whether ticks take frames from a player.
bool plays(const std::optional<SubstreamStatus>& player) noexcept {
  return player && (player->state == SNDRV_PCM_STATE_RUNNING || player->state == SNDRV_PCM_STATE_DRAINING);
}

}  // namespace

CapturePump::CapturePump(std::shared_ptr<Pcm> pcm, std::shared_ptr<Utimer> timer,
                         const CapturePumpParameters& parameters)
    : timer_(std::move(timer)),
      pcm_(std::move(pcm)),
      silence_(parameters.silence),
      stalls_(parameters.stalls),
      frame_bytes_(pcm_->frame_bytes()),
      period_frames_(pcm_->period_frames()),
      period_bytes_(std::size_t{period_frames_} * frame_bytes_),
      player_(parameters.player) {}

void CapturePump::check_open() const {
  if (closed_) {
    throw ClosedError();
  }
}

void CapturePump::start() {
  const std::lock_guard lock(mutex_);
  check_open();
  start(lock_cable());
}

void CapturePump::start(const CableLock& /*cable*/) {
  // 1 instead of an error means that another client of the timer runs, and that the stream does not.
  const int result = pcm_->start();
  const int state = pcm_->status().state;
  if (result != 0 || (state != SNDRV_PCM_STATE_RUNNING && state != SNDRV_PCM_STATE_SUSPENDED)) {
    throw NotStartedError(result, state);
  }
  started_ = true;
}

std::size_t CapturePump::read(std::uint8_t* data, std::size_t periods) {
  const std::lock_guard lock(mutex_);
  check_open();
  const CableLock cable = lock_cable();
  std::size_t filled = 0;
  Content content{};
  try {
    while (filled < periods && take(cable, data + filled * period_bytes_, content)) {
      ++filled;
    }
  } catch (...) {
    if (filled == 0) {
      throw;
    }
  }
  return filled;
}

CapturePump::Move CapturePump::read_now(std::uint8_t* data, Content& content, Failure& failure) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    check_open();
    try {
      return take(lock_cable(), data, content) ? Move::kMoved : Move::kNothing;
    } catch (const NotStartedError&) {
    } catch (const SystemError& error) {
      // A player with other parameters keeps it from starting (sound/drivers/aloop.c: loopback_check_format).
      if (error.error() != EIO || std::string_view(error.syscall()) != Pcm::kStartCall) {
        throw;
      }
    }
    if (stalls_) {
      return Move::kPostponed;
    }
    std::memset(data, silence_, period_bytes_);
    content = Content::kSilent;
    count(content);
    return Move::kMoved;
  } catch (const SystemError& error) {
    failure = {error.error(), error.syscall()};
  } catch (const StalledError&) {
    failure = {EAGAIN, Utimer::kTriggerCall};
  } catch (const ClosedError&) {
    failure = {EBADF, Utimer::kTriggerCall};
  } catch (...) {
    failure = {ENOMEM, Utimer::kTriggerCall};
  }
  return Move::kFailed;
}

bool CapturePump::take(const CableLock& cable, std::uint8_t* data, Content& content) {
  for (bool recovered = false;; recovered = true) {
    if (!waiting_) {
      waiting_ = pull(cable);
    }
    if (!waiting_) {
      return false;
    }
    int state = SNDRV_PCM_STATE_XRUN;  // where less than a period is there: what is left is of no use
    try {
      if (pcm_->read(data, period_bytes_) == period_frames_) {
        break;
      }
    } catch (const SystemError&) {
      state = pcm_->status().state;
      if (recovered || state == SNDRV_PCM_STATE_RUNNING) {
        throw;
      }
    }
    if (recovered) {
      throw StalledError();
    }
    recover(cable, state);
  }
  const Period period = *waiting_;
  waiting_.reset();
  std::memset(data + std::size_t{period.played} * frame_bytes_, silence_,
              std::size_t{period_frames_ - period.played} * frame_bytes_);
  content = period.content;
  count(content);
  return true;
}

void CapturePump::count(Content content) noexcept {
  ++stats_.periods;
  stats_.silent_periods += content == Content::kSilent || content == Content::kHalted ? 1 : 0;
  stats_.underruns += content == Content::kUnderrun ? 1 : 0;
}

// Moves a period from the player into the buffer; nothing where nobody plays, and it stalls.
std::optional<CapturePump::Period> CapturePump::pull(const CableLock& cable) {
  std::optional<SubstreamStatus> before = player_.status();
  if (stalls_ && !plays(before)) {
    return std::nullopt;
  }
  if (!started_) {
    // A trigger would only take a period from the player.
    start(cable);
    before = player_.status();
  }
  trigger(cable);
  int state = state_unless_arrived();
  if (state != kArrived) [[unlikely]] {
    recover(cable, state);
    // A suspend may have come behind the trigger.
    if (state_unless_arrived() != kArrived) {
      before = player_.status();
      trigger(cable);
      if (state_unless_arrived() != kArrived) {
        throw StalledError();
      }
    }
  }
  return judge(before);
}

// The state of the stream where it does not run with a period in its buffer; else kArrived.
int CapturePump::state_unless_arrived() const {
  const PcmStatus status = pcm_->status();
  const bool arrived = status.state == SNDRV_PCM_STATE_RUNNING && status.avail >= period_frames_;
  return arrived ? kArrived : status.state;
}

// What a trigger has moved, by what the player had before it. Where that had less than a period, the kernel
// copies the rest of its ring as it is: what was played before (sound/drivers/aloop.c: copy_play_buf).
CapturePump::Period CapturePump::judge(const std::optional<SubstreamStatus>& before) {
  if (!plays(before)) {
    const bool may_go_on =
        before && before->state >= SNDRV_PCM_STATE_PREPARED && before->state <= SNDRV_PCM_STATE_SUSPENDED;
    return {may_go_on ? Content::kHalted : Content::kSilent, period_frames_};
  }
  if (before->queued >= period_frames_) {
    return {Content::kPlayed, period_frames_};
  }
  const auto had = static_cast<std::uint32_t>(std::max<std::int64_t>(before->queued, 0));
  if (before->state == SNDRV_PCM_STATE_DRAINING) {
    return {Content::kPlayed, had};
  }
  // It may have written more before the trigger, and cannot behind one that has stopped it.
  const std::optional<SubstreamStatus> after = player_.status();
  if (!after || (after->state != SNDRV_PCM_STATE_XRUN && after->state != SNDRV_PCM_STATE_RUNNING)) {
    return {Content::kUnderrun, had};
  }
  const std::int64_t lacking = std::clamp<std::int64_t>(-after->queued, 0, period_frames_);
  return {lacking > 0 ? Content::kUnderrun : Content::kPlayed,
          period_frames_ - static_cast<std::uint32_t>(lacking)};
}

void CapturePump::trigger(const CableLock& cable) {
  if (const int error = timer_->trigger(cable.timer); error != 0) [[unlikely]] {
    Utimer::throw_trigger(error);
  }
}

// Has a stream that is in this state run again. Throws as start() does, and StalledError.
void CapturePump::recover(const CableLock& cable, int state) {
  switch (state) {
    case SNDRV_PCM_STATE_SUSPENDED:
      // What is in the buffer stays there.
      ++stats_.xruns;
      if (const int result = pcm_->resume(); result != 0) {
        throw NotStartedError(result, pcm_->status().state);
      }
      return;
    case SNDRV_PCM_STATE_XRUN:
      ++stats_.xruns;
      break;
    case SNDRV_PCM_STATE_SETUP:
    case SNDRV_PCM_STATE_DRAINING:
      // A player with other parameters has stopped it (sound/drivers/aloop.c: loopback_check_format).
      break;
    case SNDRV_PCM_STATE_DISCONNECTED:
      throw SystemError(ENODEV, "ioctl SNDRV_PCM_IOCTL_STATUS");
    default:
      throw StalledError();
  }
  stats_.lost_periods += waiting_ ? 1 : 0;
  waiting_.reset();
  started_ = false;
  pcm_->drop();
  pcm_->prepare();
  start(cable);
}

CapturePumpStats CapturePump::stats() {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void CapturePump::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  player_.close();
}

bool CapturePump::closed() {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
