// Frames that wait for their media time: a ring that is keyed by media positions, which count frames since
// the epoch of a clock. One thread writes packets, and another one takes periods.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "clock/gap_fill.h"
#include "clock/lately_least.h"
#include "clock/priority_mutex.h"

namespace alsa_utimer {

// All times are ns of CLOCK_MONOTONIC.
class MediaRing {
 public:
  struct Shape {
    std::uint32_t rate;
    std::size_t frame_bytes;
    std::size_t period_frames;
    std::size_t periods;  // 2 or more, of which one is with whoever took it last
    std::uint8_t silence;
    std::size_t repeat_frames;  // see GapFill
    std::size_t late_frames;    // packets that are later by more are refused
  };

  // What the frames are that are missing before a packet.
  enum class Before : std::uint8_t {
    kLost,
    kLeftOut,  // by the sender
    kNone,     // it begins a stream
  };

  // What became of the frames of a packet. What is neither placed nor late was there already.
  struct Written {
    std::int64_t position = 0;  // of the first one
    std::int64_t next = 0;      // of the frame that is taken next
    std::size_t placed = 0;
    std::size_t late = 0;
    bool refused = false;  // it is beyond the ring, or too late
  };

  struct Period {
    const std::uint8_t* bytes;  // until the next one is taken
    bool sounds;                // there is more than silence in it
    bool running;               // it is of a stream
  };

  // Frames that were not there when their time had come.
  struct Loss {
    std::int64_t position;
    std::int64_t frames;
  };

  struct Stats {
    std::uint64_t lost = 0;
    std::uint64_t gaps = 0;  // times that frames were lost
    std::size_t waiting = 0;
    std::int64_t next = 0;            // the position of the frame that is taken next
    std::optional<std::int64_t> end;  // the position behind the newest frame of the stream
    // How long before its period moved the packet came that came latest, of the last 10 to 20 s of the
    // stream; less than 0 where that had moved. Nothing until that is known.
    std::optional<std::int64_t> margin_ns;
  };

  // `next`: the position of the period that is taken first, as far as that is known.
  MediaRing(const Shape& shape, std::int64_t next);
  MediaRing(const MediaRing&) = delete;
  MediaRing& operator=(const MediaRing&) = delete;

  // For the one that writes.

  // No more comes for now.
  void rest();
  // Frames with an RTP timestamp, less what it is at the epoch: at the position that is nearest to those
  // which are taken now.
  Written write(std::uint32_t timestamp, const std::uint8_t* data, std::size_t frames, Before before,
                std::int64_t now);
  // Those that are over, since they were asked for last.
  [[nodiscard]] std::vector<Loss> take_losses();
  [[nodiscard]] bool has_losses();
  [[nodiscard]] Stats stats();

  // For the one that takes: the period that ends at end number `end` of its schedule, 1 or more.
  Period take(std::uint64_t end, std::int64_t now);

 private:
  // The end of the schedule at which this frame moves.
  [[nodiscard]] std::int64_t end_of(std::int64_t position) const noexcept;
  [[nodiscard]] bool is_running() const noexcept { return newest_ && !resting_; }
  [[nodiscard]] std::size_t slot(std::int64_t position) const noexcept;
  // Returns how many were not there.
  std::size_t place(std::int64_t position, const std::uint8_t* data, std::size_t frames);
  std::size_t place_at(std::size_t at, const std::uint8_t* data, std::size_t frames);
  void account(const Written& written, std::size_t frames, Before before);
  void note_margin(std::int64_t position, std::int64_t now) noexcept;
  // The clock leapt, or was set back.
  void jump(std::int64_t to);
  void forget(std::int64_t from, std::int64_t frames);
  // Of these frames those that are between others of the stream.
  void lose(std::int64_t from, std::int64_t to);
  // How many of the losses are over.
  [[nodiscard]] std::size_t known_losses() const noexcept;

  const Shape shape_;
  const std::size_t capacity_;       // frames
  std::vector<std::uint8_t> bytes_;  // what is taken is not written to

  PriorityMutex mutex_;                // guards all below
  std::vector<std::uint8_t> present_;  // of each frame 0 or 1
  GapFill fill_;
  std::int64_t next_;
  std::optional<std::int64_t> newest_;  // the end of what was written of the stream
  std::int64_t first_ = 0;              // where that begins
  bool resting_ = false;
  // When the last period moved, and at which end.
  std::int64_t moved_at_ = 0;
  std::int64_t moved_end_ = 0;
  std::vector<Loss> losses_;
  std::int64_t lost_until_ = -1;
  LatelyLeast margin_;
  Stats stats_;
};

}  // namespace alsa_utimer
