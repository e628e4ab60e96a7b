// The thread that keeps the listener of a cable alive with silence while nothing is written.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "alsa/condition.h"
#include "alsa/silence_schedule.h"
#include "alsa/substream.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

class IdleSilence {
 public:
  // What ended it by itself: an errno, and the call that it came from.
  struct Failure {
    int error = 0;
    const char* call = nullptr;
  };
  enum class Move {
    kMoved,
    kPostponed,  // somebody else runs on the timer, perhaps for a moment only
    kFailed,
  };

  // `mutex` guards the cable, and all below. `move` moves a period of silence, or says what is wrong; it is
  // called with the mutex locked. `listener`: the folder of the substream at the other end, in /proc/asound.
  IdleSilence(std::mutex& mutex, std::uint32_t period_frames, const std::string& listener,
              std::function<Move(Failure&)> move);
  ~IdleSilence() { stop(); }
  IdleSilence(const IdleSilence&) = delete;
  IdleSilence& operator=(const IdleSilence&) = delete;

  // With the mutex unlocked, from one thread. See SilenceSchedule::begin(). Throws SystemError.
  void start(std::chrono::nanoseconds period, std::chrono::nanoseconds grace);
  void stop() noexcept;
  // Lets go of its descriptors as well.
  void close() noexcept;
  // Until resume() nothing moves: whoever writes has frames and waits for something else.
  void pause();
  void resume(std::uint64_t unread_periods);

  // With the mutex locked.
  [[nodiscard]] bool running() const noexcept { return running_; }
  void written(SilenceSchedule::Time began, std::uint64_t periods);
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }
  // Whether it has ended by itself and nobody was told: true once.
  [[nodiscard]] bool take_end() noexcept { return std::exchange(untold_, false); }
  // Readable once the thread has ended by itself; there is one once it was started. A duplicate.
  [[nodiscard]] UniqueFd failure_event() const { return failed_.duplicate(); }

 private:
  [[nodiscard]] std::optional<ListenerState> look_at_listener() noexcept;
  void run();

  std::mutex& mutex_;
  const std::function<Move(Failure&)> move_;
  Condition changed_;
  SilenceSchedule schedule_;
  bool running_ = false;
  bool paused_ = false;
  std::uint64_t changes_ = 0;  // by writers, which make what was seen of the listener too old
  Failure failure_;
  bool untold_ = false;
  UniqueFd failed_;  // an eventfd
  std::thread thread_;
  Substream listener_;  // of the thread
};

}  // namespace alsa_utimer
