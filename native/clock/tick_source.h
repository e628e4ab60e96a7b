// What ticks by itself, each tick the end of a period: a descriptor that becomes readable.
#pragma once

#include <cstdint>

#include "alsa/timer_instance.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

class TickSource {
 public:
  struct Ticks {
    std::uint64_t count = 0;
    bool ended = false;
  };

  TickSource() = default;
  TickSource(const TickSource&) = delete;
  TickSource& operator=(const TickSource&) = delete;
  virtual ~TickSource() = default;

  [[nodiscard]] virtual int descriptor() const noexcept = 0;
  // What has come. Does not wait.
  virtual Ticks read() noexcept = 0;
  // It is read no more.
  virtual void give_back() noexcept {}
};

// An eventfd or a timerfd, of which the number that is read counts; or a pipe, a socket and so on, of which
// each byte does.
class DescriptorSource final : public TickSource {
 public:
  // Takes a duplicate, and makes reading not wait, for all that have it, until it is given back. Throws
  // SystemError.
  explicit DescriptorSource(int descriptor);
  ~DescriptorSource() override { give_back(); }

  [[nodiscard]] int descriptor() const noexcept override { return fd_.get(); }
  Ticks read() noexcept override;
  void give_back() noexcept override;

 private:
  UniqueFd fd_;
  int flags_;  // as they were, and -1 once they are so again
  bool counts_ = false;
};

// An instance of a timer, of which each interval counts.
class InstanceSource final : public TickSource {
 public:
  explicit InstanceSource(TimerInstance instance) : instance_(std::move(instance)) {}

  [[nodiscard]] int descriptor() const noexcept override { return instance_.descriptor(); }
  Ticks read() noexcept override;

 private:
  TimerInstance instance_;
};

}  // namespace alsa_utimer
