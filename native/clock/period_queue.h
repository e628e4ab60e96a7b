// Periods that are written ahead of when they move: one thread writes, and another one takes whole periods.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>

#include "alsa/unique_fd.h"
#include "clock/priority_mutex.h"

namespace alsa_utimer {

class PeriodQueue {
 public:
  // Room for so many periods, 1 at least. Throws SystemError.
  PeriodQueue(std::size_t period_bytes, std::size_t periods);
  PeriodQueue(const PeriodQueue&) = delete;
  PeriodQueue& operator=(const PeriodQueue&) = delete;

  // For the one that writes.

  // Bytes that write() takes.
  [[nodiscard]] std::size_t room();
  // Whole periods.
  [[nodiscard]] std::size_t queued();
  // Bytes of a period that is not complete.
  [[nodiscard]] std::size_t pending() const noexcept { return pending_; }
  // Takes all, which must be no more than room().
  void write(const std::uint8_t* data, std::size_t length);
  // Completes a begun period. Returns the bytes that were missing.
  std::size_t pad(std::uint8_t silence);
  void drop_partial_frame(std::size_t frame_bytes) noexcept { pending_ -= pending_ % frame_bytes; }
  // What there is of a period that is not complete, which is no longer here then. Valid until the next write.
  [[nodiscard]] std::span<const std::uint8_t> take_begun() noexcept {
    return {bytes_.get() + write_ * period_bytes_, std::exchange(pending_, 0)};
  }
  // Readable once so many periods, or all that there are, have been taken since await_taken(), or abandon()
  // was called. A duplicate.
  [[nodiscard]] UniqueFd taken_event() const { return taken_.duplicate(); }
  void await_taken(std::size_t periods = 1) noexcept;

  // For the one that takes.

  // The first whole period, or one that many behind it; null where there is none. It stays until pop().
  [[nodiscard]] std::uint8_t* front(std::size_t behind = 0);
  void pop(std::size_t periods = 1);
  // Nothing is taken any more, and taken_event() is not to be had.
  void abandon() noexcept;

 private:
  void tell_taken() noexcept;

  const std::size_t period_bytes_;
  const std::size_t capacity_;  // periods
  // Of each place either of the two has it. Memory is taken as it is written to.
  const std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t write_ = 0;  // the place of the begun period
  std::size_t pending_ = 0;
  std::size_t read_ = 0;

  PriorityMutex mutex_;                 // guards what follows
  UniqueFd taken_;                      // an eventfd, until it is abandoned
  std::size_t queued_ = 0;              // whole periods
  std::optional<std::size_t> awaited_;  // how many are left once it has come
};

}  // namespace alsa_utimer
