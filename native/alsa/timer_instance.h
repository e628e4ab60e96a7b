// A timer instance: an open /dev/snd/timer that is bound to a timer and gets its ticks (sound/core/timer.c:
// struct snd_timer_user). Never blocks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "alsa/timer_device.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

struct TimerInstanceParameters {
  std::uint32_t flags;       // SNDRV_TIMER_PSFLG_*
  std::uint32_t ticks;       // of the timer for one of the instance
  std::uint32_t queue_size;  // records, 32..1024; 0 keeps what it is
  std::uint32_t filter;      // bits of SNDRV_TIMER_EVENT_*
};

struct TimerInstanceInfo {
  std::uint32_t flags;  // SNDRV_TIMER_FLG_*
  std::int32_t card;
  std::string id;
  std::string name;
  std::uint64_t resolution;  // ns
};

struct TimerInstanceStatus {
  std::int64_t timestamp;    // ns, of the last START, STOP, CONTINUE or PAUSE
  std::uint32_t resolution;  // ns, cut to 32 bits
  std::uint32_t lost;
  std::uint32_t overrun;  // records that found the queue full
  std::uint32_t queue;    // records that wait to be read
};

// A record as it crosses the seam, of both read formats.
struct TimerRecord {
  std::int64_t time;    // ns; of plain records, which have none, the resolution in ns
  std::uint32_t event;  // SNDRV_TIMER_EVENT_*; TICK for plain records
  std::uint32_t value;
};

static_assert(sizeof(TimerRecord) == 16);

class TimerInstance {
 public:
  // open(2), and with `timestamped` SNDRV_TIMER_IOCTL_TREAD64. Throws SystemError, as all below do.
  TimerInstance(std::string path, bool timestamped);

  // SNDRV_TIMER_IOCTL_SELECT. Returns the calling thread's id in its PID namespace.
  int select(int slave_class, const TimerAddress& address);
  // SNDRV_TIMER_IOCTL_PARAMS: stops the instance and empties its queue.
  void set(const TimerInstanceParameters& parameters);
  // Ticks of the timer for one of the instance, as set() had it last; 1 before.
  [[nodiscard]] std::uint32_t interval() const noexcept { return interval_; }
  // The same instance, by a descriptor of its own.
  [[nodiscard]] TimerInstance duplicate() const;
  void start();
  void stop();
  void resume();
  void pause();
  [[nodiscard]] TimerInstanceInfo info() const;
  [[nodiscard]] TimerInstanceStatus status() const;

  // Whether the timer is still there: 0, or the errno of SNDRV_TIMER_IOCTL_INFO, which is the only call that
  // tells without an effect; ENODEV when its card was taken away, which poll(2) tells alone. Throws
  // ClosedError only.
  [[nodiscard]] int probe() const;

  // The largest queue that the kernel gives, and so the most that one read can take.
  static constexpr std::size_t kMaxRecords = 1024;
  // Takes up to `count` records that have come, 0 when there are none. Returns how many, or a negated errno.
  std::int64_t read(TimerRecord* records, std::size_t count);

  void close() noexcept { fd_.reset(); }
  [[nodiscard]] bool closed() const noexcept { return !fd_.valid(); }
  // The descriptor, to wait for and nothing else; it is gone after close().
  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

 private:
  TimerInstance(std::string path, bool timestamped, std::uint32_t interval, UniqueFd fd)
      : path_(std::move(path)), timestamped_(timestamped), interval_(interval), fd_(std::move(fd)) {}
  void call(unsigned long request, void* argument, const char* name) const;

  std::string path_;
  bool timestamped_;
  std::uint32_t interval_ = 1;
  UniqueFd fd_;
};

}  // namespace alsa_utimer
