// A cable of snd-aloop that others play into: at the end of each period one moves, and waits to be read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "alsa/capture_pump.h"
#include "alsa/unique_fd.h"
#include "clock/awaited_event.h"
#include "clock/pacer_target.h"
#include "clock/priority_mutex.h"

namespace alsa_utimer {

// What a pacer has moved by a pump. One thread moves, and one reads. Where there is no room, the oldest
// period is lost.
class PacedCapture {
 public:
  using Content = CapturePump::Content;

  // Room for so many periods, 1 at least. Throws SystemError.
  PacedCapture(std::shared_ptr<CapturePump> pump, std::size_t periods);
  PacedCapture(const PacedCapture&) = delete;
  PacedCapture& operator=(const PacedCapture&) = delete;

  // A period, as PacerTarget::move().
  PacerTarget::Result move(std::uint64_t end, PacerTarget::Failure& failure) noexcept;

  // For the one that reads, also once it is closed.

  // The periods that wait, and how many of the first ones are alike.
  struct Waiting {
    std::size_t periods = 0;
    std::size_t alike = 0;
    Content content{};
  };
  [[nodiscard]] Waiting waiting();
  // Takes periods. Returns how many: as many as there were.
  std::size_t read(std::uint8_t* data, std::size_t periods);
  // Periods that were lost so far.
  [[nodiscard]] std::uint64_t lost();
  // Readable once a period has come, or it was closed, since the last call of await_moved(). A duplicate.
  [[nodiscard]] UniqueFd moved_event() const { return moved_.descriptor(); }
  void await_moved() noexcept;

  [[nodiscard]] std::size_t period_bytes() const noexcept { return period_bytes_; }

  // Nothing moves any more; what waits is still there.
  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

 private:
  [[nodiscard]] std::uint8_t* place(std::size_t index) noexcept {
    return bytes_.data() + (index % contents_.size()) * period_bytes_;
  }

  const std::shared_ptr<CapturePump> pump_;
  const std::size_t period_bytes_;
  // One place more than there is room, which the one that moves has.
  std::vector<std::uint8_t> bytes_;

  PriorityMutex mutex_;  // guards what follows
  std::vector<Content> contents_;
  std::size_t first_ = 0;
  std::size_t waiting_ = 0;
  std::uint64_t lost_ = 0;
  AwaitedEvent moved_;
  bool closed_ = false;
};

}  // namespace alsa_utimer
