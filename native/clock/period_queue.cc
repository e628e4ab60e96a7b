#include "clock/period_queue.h"

#include <sys/eventfd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "alsa/system_error.h"

namespace alsa_utimer {

using Lock = std::lock_guard<PriorityMutex>;

PeriodQueue::PeriodQueue(std::size_t period_bytes, std::size_t periods)
    : period_bytes_(period_bytes),
      capacity_(periods),
      bytes_(new std::uint8_t[period_bytes * periods]),
      taken_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!taken_.valid()) {
    throw SystemError(errno, "eventfd");
  }
}

std::size_t PeriodQueue::room() { return (capacity_ - queued()) * period_bytes_ - pending_; }

std::size_t PeriodQueue::queued() {
  const Lock lock(mutex_);
  return queued_;
}

void PeriodQueue::write(const std::uint8_t* data, std::size_t length) {
  while (length > 0) {
    const std::size_t part = std::min(length, period_bytes_ - pending_);
    std::memcpy(bytes_.get() + write_ * period_bytes_ + pending_, data, part);
    data += part;
    length -= part;
    pending_ += part;
    if (pending_ == period_bytes_) {
      pending_ = 0;
      write_ = (write_ + 1) % capacity_;
      const Lock lock(mutex_);
      ++queued_;
    }
  }
}

std::size_t PeriodQueue::pad(std::uint8_t silence) {
  if (pending_ == 0) {
    return 0;
  }
  const std::vector<std::uint8_t> missing(period_bytes_ - pending_, silence);
  write(missing.data(), missing.size());
  return missing.size();
}

void PeriodQueue::await_taken(std::size_t periods) noexcept {
  const Lock lock(mutex_);
  eventfd_t count = 0;
  ::eventfd_read(taken_.get(), &count);
  awaited_ = queued_ - std::min(periods, queued_);
  tell_taken();
}

std::uint8_t* PeriodQueue::front(std::size_t behind) {
  const Lock lock(mutex_);
  return queued_ > behind ? bytes_.get() + (read_ + behind) % capacity_ * period_bytes_ : nullptr;
}

void PeriodQueue::pop(std::size_t periods) {
  read_ = (read_ + periods) % capacity_;
  const Lock lock(mutex_);
  queued_ -= periods;
  tell_taken();
}

void PeriodQueue::tell_taken() noexcept {
  if (awaited_ && queued_ <= *awaited_) {
    awaited_.reset();
    ::eventfd_write(taken_.get(), 1);
  }
}

void PeriodQueue::abandon() noexcept {
  const Lock lock(mutex_);
  ::eventfd_write(taken_.get(), 1);
  taken_.reset();
}

}  // namespace alsa_utimer
