#include "clock/pacer.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "alsa/start_thread.h"
#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

constexpr std::int64_t kBillion = 1'000'000'000;

std::int64_t monotonic_now() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kBillion + time.tv_nsec;
}

}  // namespace

Pacer::Pacer(const SchedulingParameters& scheduling) : board_(std::make_shared<PacerBoard>()) {
  thread_ = start_thread([this, scheduling] {
    const SchedulingRefusals refusals = schedule_thread(scheduling);
    {
      const std::lock_guard lock(mutex_);
      refusals_ = refusals;
      ready_ = true;
    }
    changed_.notify_all();
    run();
  });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_; });
}

std::shared_ptr<TimeScale> Pacer::scale_of(const std::shared_ptr<Clock>& clock) {
  if (clock == nullptr) {
    return monotonic_;
  }
  std::erase_if(known_scales_, [](const auto& known) { return known.second.expired(); });
  for (const auto& [of, scale] : known_scales_) {
    // The thread may let go of it meanwhile.
    if (std::shared_ptr<TimeScale> alive = scale.lock(); alive != nullptr && of.lock() == clock) {
      return alive;
    }
  }
  std::shared_ptr<TimeScale> scale = clock->make_scale();
  known_scales_.emplace_back(clock, scale);
  return scale;
}

std::shared_ptr<Pacing> Pacer::start(std::unique_ptr<PacerTarget> target, std::shared_ptr<TimeScale> scale,
                                     const PacingParameters& parameters, std::unique_ptr<TickSource> source) {
  if (closed()) {
    throw ClosedError();
  }
  auto pacing = std::make_shared<Pacing>(next_number_++, board_, std::move(target), std::move(scale),
                                         parameters, std::move(source));
  board_->wake(pacing);
  return pacing;
}

void Pacer::close() noexcept {
  if (closed()) {
    return;
  }
  closing_ = true;
  board_->wake(nullptr);
  thread_.join();
  for (const std::shared_ptr<Pacing>& each : board_->close()) {
    pacings_.push_back(each);
  }
  for (const std::shared_ptr<Pacing>& each : pacings_) {
    each->close();
    each->leave();
  }
  pacings_.clear();
  scales_.clear();
}

void Pacer::run() noexcept {
  bool woken = true;
  while (!closing_) {
    const std::int64_t now = monotonic_now();
    std::vector<std::shared_ptr<Pacing>> changed;
    if (woken) {
      changed = board_->take_changed();
      enlist(changed);
    }
    const bool observed = observe(now);
    for (const std::shared_ptr<Pacing>& each : changed) {
      each->update(now);
    }
    if (woken || observed) {
      note_deadlines();
    }
    woken = sleep(serve_due(now));
  }
}

void Pacer::enlist(const std::vector<std::shared_ptr<Pacing>>& changed) {
  for (const std::shared_ptr<Pacing>& each : changed) {
    if (std::find(pacings_.begin(), pacings_.end(), each) == pacings_.end()) {
      pacings_.push_back(each);
    }
  }
  std::erase_if(pacings_, [](const auto& each) {
    const bool closed = each->closed();
    if (closed) {
      each->leave();
    }
    return closed;
  });
  scales_.clear();
  followers_.clear();
  polled_.assign(1, {.fd = board_->wake_descriptor(), .events = POLLIN, .revents = 0});
  for (const std::shared_ptr<Pacing>& each : pacings_) {
    if (const TickSource* const source = each->source(); source != nullptr) {
      followers_.push_back(each.get());
      polled_.push_back({.fd = source->descriptor(), .events = POLLIN, .revents = 0});
    }
    auto known = std::find_if(scales_.begin(), scales_.end(),
                              [&](const Scale& scale) { return scale.scale == each->scale(); });
    if (known == scales_.end()) {
      known = scales_.insert(known, Scale{each->scale(), {}});
    }
    known->pacings.push_back(each.get());
  }
}

void Pacer::note_deadlines() {
  deadlines_.clear();
  for (const std::shared_ptr<Pacing>& each : pacings_) {
    deadlines_.push_back(each->deadline());
  }
}

bool Pacer::observe(std::int64_t now) noexcept {
  bool changed = false;
  for (const Scale& each : scales_) {
    if (now < each.scale->next_observation()) {
      continue;
    }
    const bool moved = each.scale->observe(now);
    for (Pacing* const pacing : each.pacings) {
      pacing->observed(now, moved);
    }
    changed = changed || moved;
  }
  return changed;
}

// Each that is due once: what is due by then comes behind a look at what was changed.
std::int64_t Pacer::serve_due(std::int64_t now) noexcept {
  for (std::size_t i = 0; i < pacings_.size(); ++i) {
    if (deadlines_[i] <= now) {
      pacings_[i]->serve(now, monotonic_now);
      deadlines_[i] = pacings_[i]->deadline();
      now = monotonic_now();
    }
  }
  return now;
}

bool Pacer::sleep(std::int64_t now) noexcept {
  std::int64_t until =
      deadlines_.empty() ? Pacing::kNever : *std::min_element(deadlines_.begin(), deadlines_.end());
  for (const Scale& each : scales_) {
    until = std::min(until, each.scale->next_observation());
  }
  const std::int64_t left = std::max<std::int64_t>(until - now, 0);
  const timespec timeout{.tv_sec = left / kBillion, .tv_nsec = left % kBillion};
  if (::ppoll(polled_.data(), polled_.size(), until == Pacing::kNever ? nullptr : &timeout, nullptr) <= 0) {
    return false;
  }
  for (std::size_t i = 0; i < followers_.size(); ++i) {
    if (pollfd& source = polled_[i + 1]; source.revents != 0 && !followers_[i]->follow()) {
      source.fd = -1;  // or it would wake for ever
    }
  }
  return polled_[0].revents != 0;
}

}  // namespace alsa_utimer
