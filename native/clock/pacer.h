// The thread that moves periods when their time has come. One serves many schedules. It sleeps on
// CLOCK_MONOTONIC only, whatever the clocks of the schedules are.
#pragma once

#include <poll.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "alsa/condition.h"
#include "clock/clock.h"
#include "clock/monotonic_scale.h"
#include "clock/pacing.h"
#include "clock/thread_scheduling.h"

namespace alsa_utimer {

class Pacer {
 public:
  // Throws SystemError.
  explicit Pacer(const SchedulingParameters& scheduling);
  Pacer(const Pacer&) = delete;
  Pacer& operator=(const Pacer&) = delete;
  ~Pacer() { close(); }

  [[nodiscard]] const SchedulingRefusals& refusals() const noexcept { return refusals_; }

  // The rest is for the thread that made it.

  // For CLOCK_MONOTONIC where `clock` is null. Those that pace by one clock share its scale. Throws
  // ClosedError.
  std::shared_ptr<TimeScale> scale_of(const std::shared_ptr<Clock>& clock);

  // `scale` is one of scale_of(). Throws ClosedError.
  std::shared_ptr<Pacing> start(std::unique_ptr<PacerTarget> target, std::shared_ptr<TimeScale> scale,
                                const PacingParameters& parameters,
                                std::unique_ptr<TickSource> source = nullptr);
  [[nodiscard]] PacerBoard& board() noexcept { return *board_; }

  // Ends the thread; nothing moves once this has returned.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept { return !thread_.joinable(); }

 private:
  struct Scale {
    std::shared_ptr<TimeScale> scale;
    std::vector<Pacing*> pacings;
  };

  void run() noexcept;
  // Takes in those that are new, and lets go of those that are closed.
  void enlist(const std::vector<std::shared_ptr<Pacing>>& changed);
  void note_deadlines();
  // Looks at the clocks where that is due. Returns whether a deadline has changed.
  bool observe(std::int64_t now) noexcept;
  // Returns what the time is then.
  std::int64_t serve_due(std::int64_t now) noexcept;
  // Until something is due, or a source has ticked, which is followed. Returns whether somebody has left
  // word.
  bool sleep(std::int64_t now) noexcept;

  const std::shared_ptr<PacerBoard> board_;
  const std::shared_ptr<TimeScale> monotonic_ = std::make_shared<MonotonicScale>();
  std::vector<std::pair<std::weak_ptr<Clock>, std::weak_ptr<TimeScale>>> known_scales_;
  std::uint32_t next_number_ = 0;

  // Of the thread. Many are due at the same instant, so a look at each one's deadline costs less than an
  // order.
  std::vector<std::shared_ptr<Pacing>> pacings_;
  std::vector<std::int64_t> deadlines_;
  std::vector<Scale> scales_;
  // What is waited for: word of others, and the sources of these.
  std::vector<pollfd> polled_;
  std::vector<Pacing*> followers_;

  SchedulingRefusals refusals_;
  std::mutex mutex_;
  Condition changed_;
  bool ready_ = false;
  std::atomic<bool> closing_ = false;
  std::thread thread_;
};

}  // namespace alsa_utimer
