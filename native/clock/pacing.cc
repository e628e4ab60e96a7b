#include "clock/pacing.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

UniqueFd make_event() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event.valid()) {
    throw SystemError(errno, "eventfd");
  }
  return event;
}

}  // namespace

PacerBoard::PacerBoard() : wake_(make_event()), news_event_(make_event()) {}

void PacerBoard::wake(std::shared_ptr<Pacing> changed) noexcept {
  const std::lock_guard lock(mutex_);
  if (closed_) {
    return;  // those that are left hold the board, and must not be held by it
  }
  if (changed != nullptr) {
    changed_.push_back(std::move(changed));
  }
  ::eventfd_write(wake_.get(), 1);
}

std::vector<std::shared_ptr<Pacing>> PacerBoard::take_changed() {
  eventfd_t count = 0;
  ::eventfd_read(wake_.get(), &count);
  const std::lock_guard lock(mutex_);
  return std::exchange(changed_, {});
}

void PacerBoard::post(std::uint32_t number) noexcept {
  const std::lock_guard lock(mutex_);
  news_.push_back(number);
  if (news_.size() == 1) {
    ::eventfd_write(news_event_.get(), 1);
  }
}

std::vector<std::uint32_t> PacerBoard::take_news() {
  const std::lock_guard lock(mutex_);
  eventfd_t count = 0;
  ::eventfd_read(news_event_.get(), &count);
  return std::exchange(news_, {});
}

std::vector<std::shared_ptr<Pacing>> PacerBoard::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wake_.reset();
  news_event_.reset();
  return std::exchange(changed_, {});
}

Pacing::Pacing(std::uint32_t number, std::shared_ptr<PacerBoard> board, std::unique_ptr<PacerTarget> target,
               std::shared_ptr<TimeScale> scale, const PacingParameters& parameters,
               std::unique_ptr<TickSource> source)
    : number_(number),
      board_(std::move(board)),
      target_(std::move(target)),
      scale_(std::move(scale)),
      parameters_(parameters),
      source_(std::move(source)),
      wanted_ppb_(parameters.ppb) {
  stats_.ppb = parameters.ppb;
  stats_.state = scale_->first_state();
}

void Pacing::set_ppb(std::int32_t ppb) noexcept {
  {
    const Lock lock(mutex_);
    wanted_ppb_ = ppb;
    stats_.ppb = ppb;
  }
  wake_pacer();
}

void Pacing::tell_ticks(bool wanted, std::uint64_t told) noexcept {
  const Lock lock(mutex_);
  tells_ticks_ = wanted;
  if (wanted && stats_.ticks > told) {
    tell();
  }
}

PacingStats Pacing::stats() noexcept {
  const Lock lock(mutex_);
  return stats_;
}

PacingStats Pacing::news() noexcept {
  const Lock lock(mutex_);
  told_ = false;
  return stats_;
}

void Pacing::close() noexcept {
  {
    const Lock lock(mutex_);
    if (std::exchange(closed_, true)) {
      return;
    }
    // At once: whoever takes it next, another pacing for instance, must find it as it was.
    if (source_ != nullptr) {
      source_->give_back();
    }
  }
  wake_pacer();
}

bool Pacing::closed() noexcept {
  const Lock lock(mutex_);
  return closed_;
}

void Pacing::update(std::int64_t now) noexcept {
  const Lock lock(mutex_);
  if (parameters_.rate > 0 && !schedule_ && !over()) {
    const TimeScale::State before = stats_.state;
    steps_before_ = scale_->steps();
    begin(now);
    copy_clock();
    if (stats_.state != before) {
      tell();
    }
  }
  if (schedule_ && schedule_->ppb() != wanted_ppb_) {
    schedule_->set_ppb(wanted_ppb_);
  }
  set_deadline();
}

void Pacing::begin(std::int64_t now) noexcept {
  const std::int64_t at = scale_->from_monotonic(now);
  const std::int64_t origin = parameters_.origin.value_or(at);
  schedule_.emplace(parameters_.rate, parameters_.frames, origin);
  if (origin < at) {
    schedule_->seek(at);
  }
}

void Pacing::observed(std::int64_t now, bool changed) noexcept {
  const Lock lock(mutex_);
  if (over() || !schedule_) {
    return;
  }
  const bool was_unknown = stats_.state == TimeScale::State::kAcquiring && !scale_->goes_on();
  const std::uint64_t steps_before = stats_.steps;
  const TimeScale::State state_before = stats_.state;
  copy_clock();
  if (changed) {
    const std::int64_t at = scale_->from_monotonic(now);
    const bool ahead = schedule_->next() - at > schedule_->period_ns() + 1;
    const bool begun = !parameters_.origin || at >= *parameters_.origin;
    // What a clock says before it is known is no time: no end of it counts as missed. And no clock that was
    // set back has to come up to where it was: the phase is what counts.
    if (was_unknown && (ahead || schedule_->due(at) > 1)) {
      begin(now);
      schedule_->set_ppb(wanted_ppb_);
    } else if (ahead && begun) {
      schedule_->seek(at);
    }
    set_deadline();
  }
  if (stats_.steps != steps_before || stats_.state != state_before) {
    tell();
  }
}

void Pacing::copy_clock() noexcept {
  stats_.state_changes += stats_.state == scale_->state() ? 0 : 1;
  stats_.state = scale_->state();
  stats_.steps = scale_->steps() - steps_before_;
  stats_.last_step = scale_->last_step();
  stats_.frequency_ppb = scale_->frequency_ppb();
  stats_.reading_delay_ns = scale_->reading_delay_ns();
  stats_.phase_error_ns = scale_->phase_error_ns();
  stats_.clock_error = scale_->error();
}

void Pacing::set_deadline() noexcept {
  deadline_ = over() || !schedule_ ? kNever : scale_->to_monotonic(schedule_->next());
}

void Pacing::serve(std::int64_t now, Now clock) noexcept {
  const Lock lock(mutex_);
  if (!over() && schedule_) {
    std::uint64_t due = schedule_->due(scale_->from_monotonic(now));
    if (due == 0 && now >= deadline_) {
      due = 1;  // the way to CLOCK_MONOTONIC and back may lose a ns
    }
    const std::uint64_t moves = within_policy(due);
    schedule_->pass(due - moves);
    move(moves, now, clock);
    if (due > 1 || (due > 0 && (tells_ticks_ || over()))) {
      tell();
    }
  }
  set_deadline();
}

void Pacing::tick(std::uint64_t ends) noexcept {
  const Lock lock(mutex_);
  if (!over()) {
    move_ticks(ends);
  }
}

void Pacing::move_ticks(std::uint64_t ends) noexcept {
  const std::uint64_t moves = within_policy(ends);
  for (std::uint64_t i = 0; i < moves && !over(); ++i) {
    move_one(i > 0);
  }
  if (ends > 0 && (tells_ticks_ || ends > moves || over())) {
    tell();
  }
}

bool Pacing::follow() noexcept {
  const Lock lock(mutex_);
  if (over()) {
    return false;
  }
  const TickSource::Ticks ticks = source_->read();
  move_ticks(ticks.count);
  if (ticks.ended && !over()) {
    stats_.ended = true;
    tell();
  }
  return !over();
}

std::uint64_t Pacing::within_policy(std::uint64_t ends) noexcept {
  const std::uint64_t moves = std::min<std::uint64_t>(ends, parameters_.skip ? 1 : parameters_.max_burst);
  stats_.missed += ends - moves;
  return moves;
}

void Pacing::move(std::uint64_t ends, std::int64_t now, Now clock) noexcept {
  for (std::uint64_t i = 0; i < ends && !over(); ++i) {
    stats_.lateness.add((i == 0 ? now : clock()) - scale_->to_monotonic(schedule_->next()));
    move_one(i > 0, schedule_->number());
    schedule_->pass(1);
  }
}

void Pacing::move_one(bool late, std::uint64_t end) noexcept {
  switch (target_->move(end, stats_.failure)) {
    case PacerTarget::Result::kSilence:
      ++stats_.underruns;
      [[fallthrough]];
    case PacerTarget::Result::kMoved:
      ++stats_.ticks;
      stats_.caught_up += late ? 1 : 0;
      break;
    case PacerTarget::Result::kNothing:
      ++stats_.underruns;
      break;
    case PacerTarget::Result::kIdle:
      break;
    case PacerTarget::Result::kPostponed:
      ++stats_.missed;
      break;
    case PacerTarget::Result::kFailed:
      break;
  }
}

void Pacing::wake_pacer() noexcept {
  if (board_ != nullptr) {
    board_->wake(shared_from_this());
  }
}

void Pacing::tell() noexcept {
  if (board_ != nullptr && !std::exchange(told_, true)) {
    board_->post(number_);
  }
}

}  // namespace alsa_utimer
