#include "clock/paced_capture.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace alsa_utimer {

using Lock = std::lock_guard<PriorityMutex>;
using Result = PacerTarget::Result;

PacedCapture::PacedCapture(std::shared_ptr<CapturePump> pump, std::size_t periods)
    : pump_(std::move(pump)),
      period_bytes_(pump_->period_bytes()),
      bytes_(period_bytes_ * (periods + 1)),
      contents_(periods + 1) {}

Result PacedCapture::move(std::uint64_t /*end*/, PacerTarget::Failure& failure) noexcept {
  std::size_t free = 0;
  {
    const Lock lock(mutex_);
    if (closed_) {
      failure = {EBADF, ""};
      return Result::kFailed;
    }
    // However many are read meanwhile, it stays this one.
    free = first_ + waiting_;
  }
  Content content{};
  CapturePump::Failure why;
  switch (pump_->read_now(place(free), content, why)) {
    case CapturePump::Move::kMoved:
      break;
    case CapturePump::Move::kNothing:
      return Result::kNothing;
    case CapturePump::Move::kPostponed:
      return Result::kPostponed;
    case CapturePump::Move::kFailed:
      failure = {why.error, why.call};
      return Result::kFailed;
  }
  const Lock lock(mutex_);
  contents_[free % contents_.size()] = content;
  ++waiting_;
  if (waiting_ == contents_.size()) {
    ++first_;
    --waiting_;
    ++lost_;
  }
  moved_.tell();
  return content == Content::kPlayed ? Result::kMoved : Result::kSilence;
}

PacedCapture::Waiting PacedCapture::waiting() {
  const Lock lock(mutex_);
  Waiting waiting{.periods = waiting_};
  if (waiting_ > 0) {
    waiting.content = contents_[first_ % contents_.size()];
    while (waiting.alike < waiting_ &&
           contents_[(first_ + waiting.alike) % contents_.size()] == waiting.content) {
      ++waiting.alike;
    }
  }
  return waiting;
}

std::size_t PacedCapture::read(std::uint8_t* data, std::size_t periods) {
  // A lock for each, so that the one that moves waits for one at most.
  for (std::size_t i = 0; i < periods; ++i) {
    const Lock lock(mutex_);
    if (waiting_ == 0) {
      return i;
    }
    std::memcpy(data + i * period_bytes_, place(first_), period_bytes_);
    ++first_;
    --waiting_;
  }
  return periods;
}

std::uint64_t PacedCapture::lost() {
  const Lock lock(mutex_);
  return lost_;
}

void PacedCapture::await_moved() noexcept {
  const Lock lock(mutex_);
  moved_.await();
}

void PacedCapture::close() noexcept {
  const Lock lock(mutex_);
  closed_ = true;
  moved_.end();
}

bool PacedCapture::closed() noexcept {
  const Lock lock(mutex_);
  return closed_;
}

}  // namespace alsa_utimer
