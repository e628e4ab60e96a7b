// Pulls whole periods through a cable of snd-aloop that another program plays into: for each,
// SNDRV_TIMER_IOCTL_TRIGGER on the timer that clocks the cable, and SNDRV_PCM_IOCTL_READI_FRAMES or
// _READN_FRAMES on the capture side. When the trigger returns, the period is in the buffer of the capture.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "alsa/pcm.h"
#include "alsa/substream.h"
#include "alsa/utimer.h"

namespace alsa_utimer {

struct CapturePumpParameters {
  std::uint8_t silence;  // the byte that silence is made of
  bool stalls;           // nothing moves while nobody plays
  std::string player;    // /proc/asound/card<N>/pcm<D>p/sub<S> of the other side
};

struct CapturePumpStats {
  std::uint64_t periods;         // that were moved
  std::uint64_t silent_periods;  // of those: periods while nobody played
  std::uint64_t underruns;       // of those: periods that a player had not filled
  std::uint64_t xruns;           // overruns and suspends that were recovered from
  std::uint64_t lost_periods;    // that were lost by that
};

class CapturePump {
 public:
  // `pcm` is a configured capture substream, which gives the sizes; `timer` the timer of its cable.
  CapturePump(std::shared_ptr<Pcm> pcm, std::shared_ptr<Utimer> timer,
              const CapturePumpParameters& parameters);
  CapturePump(const CapturePump&) = delete;
  CapturePump& operator=(const CapturePump&) = delete;
  ~CapturePump() { close(); }

  // Starts the stream: nothing moves before the first period. Throws SystemError, NotStartedError,
  // ClosedError.
  void start();

  // Moves periods, and fills `data` with them. Returns how many: with `stalls` none any more once nobody
  // plays. What a player had not filled in time is silence, and nothing old. An xrun or a suspend is
  // recovered from. Where it breaks off after some periods, these are returned, and the next call throws
  // SystemError, NotStartedError, StalledError or ClosedError.
  std::size_t read(std::uint8_t* data, std::size_t periods);

  // What is in a period.
  enum class Content : std::uint8_t {
    kPlayed,
    kUnderrun,  // the player had less than a period, and did not drain
    kHalted,    // silence: the player is paused or suspended, was underrun, or has not begun yet
    kSilent,    // silence: nobody plays
  };
  enum class Move {
    kMoved,
    kNothing,    // with `stalls`: nobody plays
    kPostponed,  // with `stalls`: another client of the timer, or a player of another format, keeps it from
                 // moving
    kFailed,
  };
  // An errno, and the call that it came from.
  struct Failure {
    int error = 0;
    const char* call = "";
  };
  // For another thread than the one that reads: moves a period into `data`. Without `stalls` it is one of
  // silence where somebody else keeps the cable from moving.
  Move read_now(std::uint8_t* data, Content& content, Failure& failure) noexcept;

  [[nodiscard]] std::size_t period_bytes() const noexcept { return period_bytes_; }
  [[nodiscard]] CapturePumpStats stats();

  // The substream and the timer stay as they are.
  void close() noexcept;
  [[nodiscard]] bool closed();

 private:
  // Nobody else uses the substream and the timer while this exists.
  struct CableLock {
    Pcm::Lock pcm;
    Utimer::Lock timer;
  };
  // A period in the buffer of the capture.
  struct Period {
    Content content;
    std::uint32_t played;  // frames that are to be given as they are; the rest was never played
  };

  void check_open() const;
  [[nodiscard]] CableLock lock_cable() const { return {pcm_->lock(), timer_->lock()}; }
  void start(const CableLock& cable);
  // Whether it has moved one.
  [[nodiscard]] bool take(const CableLock& cable, std::uint8_t* data, Content& content);
  [[nodiscard]] std::optional<Period> pull(const CableLock& cable);
  [[nodiscard]] int state_unless_arrived() const;
  [[nodiscard]] Period judge(const std::optional<SubstreamStatus>& before);
  void count(Content content) noexcept;
  void trigger(const CableLock& cable);
  void recover(const CableLock& cable, int state);

  const std::shared_ptr<Utimer> timer_;  // goes after the substream that it clocks
  const std::shared_ptr<Pcm> pcm_;
  const std::uint8_t silence_;
  const bool stalls_;
  const std::uint32_t frame_bytes_;
  const std::uint32_t period_frames_;
  const std::size_t period_bytes_;

  std::mutex mutex_;  // all below
  bool closed_ = false;
  bool started_ = false;
  std::optional<Period> waiting_;
  CapturePumpStats stats_{};
  Substream player_;
};

}  // namespace alsa_utimer
