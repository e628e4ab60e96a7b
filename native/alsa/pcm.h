// One PCM substream of a hw: device (/dev/snd/pcmC<card>D<device>p|c), by raw ioctls, non-blocking. Its users
// give and get interleaved frames, whatever its access is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alsa/channel_buffers.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

// A parameter that the device does not offer, found by refining one parameter after the other.
struct RefusedParameter {
  const char* name;         // "access", "format", "channels", "rate", "periodFrames", "bufferFrames"
  std::uint32_t requested;  // the value that was refused
  std::vector<std::uint32_t> offered;  // for "access" and "format": what the device offers
  std::uint32_t min;                   // for the rest: the range that it offers
  std::uint32_t max;
};

class ParameterError : public std::exception {
 public:
  explicit ParameterError(RefusedParameter refused) : refused_(std::move(refused)) {}
  [[nodiscard]] const char* what() const noexcept override { return refused_.name; }
  [[nodiscard]] const RefusedParameter& refused() const noexcept { return refused_; }

 private:
  RefusedParameter refused_;
};

struct PcmParameters {
  std::uint32_t access;         // SNDRV_PCM_ACCESS_RW_INTERLEAVED or _NONINTERLEAVED
  std::uint32_t format;         // SNDRV_PCM_FORMAT_*
  std::uint32_t channels;       // 1..32 for snd-aloop
  std::uint32_t rate;           // Hz
  std::uint32_t period_frames;  // frames a period
  std::uint32_t buffer_frames;  // frames a buffer, a whole number of periods
  bool fill_with_silence;       // playback: played frames are overwritten with silence
};

// What the kernel has chosen.
struct PcmSizes {
  std::uint32_t frame_bytes;  // bytes of one frame of all channels
  std::uint32_t period_frames;
  std::uint32_t buffer_frames;
};

struct PcmStatus {
  int state;            // SNDRV_PCM_STATE_*
  std::uint64_t avail;  // frames that can be written, or read
  std::int64_t delay;   // frames between the application and the hardware pointer
};

// May be used by several threads, as PeriodPump does: the descriptor cannot be closed under a call.
class Pcm {
 public:
  // open(2), O_NONBLOCK, so that a substream in use is EBUSY instead of a wait. Throws SystemError.
  Pcm(std::string path, bool playback);

  // Chooses the substream that the next PCM open of this thread gets on a card; -1 for any. The kernel finds
  // the preference by the thread that opened the control device (sound/core/control.c:
  // snd_ctl_get_preferred_subdevice), which must stay open during the PCM's open(2).
  // SNDRV_CTL_IOCTL_PCM_PREFER_SUBDEVICE.
  static UniqueFd prefer_subdevice(const std::string& control_path, int subdevice);

  // SNDRV_PCM_IOCTL_HW_PARAMS, SW_PARAMS and PREPARE. Returns the sizes of the kernel's answer, by which the
  // kernel reads and writes memory. Throws ParameterError or SystemError: EPROTO where the answer leaves a
  // size open. Unless all of it succeeded, the sizes below are 0.
  PcmSizes configure(const PcmParameters& parameters);
  void prepare();
  // The return value of SNDRV_PCM_IOCTL_START: 0, or 1 when the driver's trigger "succeeded" without
  // starting.
  int start();
  // That call, by name.
  static constexpr const char* kStartCall = "ioctl SNDRV_PCM_IOCTL_START";
  // As start(), after a suspend: the state before it, with what was queued then.
  int resume();
  void drop();
  void pause(bool on);
  [[nodiscard]] PcmStatus status() const;
  [[nodiscard]] int subdevice() const;
  // Nanoseconds of a period as the kernel computed them at HW_PARAMS, which is what snd-aloop compares with
  // the resolution of a cable's timer: SNDRV_TIMER_IOCTL_GINFO of the substream's own timer, on the timer
  // device `timer_path`.
  [[nodiscard]] std::uint64_t timer_resolution(const std::string& timer_path) const;

  // Frames written or read, 0 when none can be now; at most the whole frames that `bytes` hold. Throws
  // SystemError (EPIPE after an xrun).
  std::uint64_t write(const void* data, std::size_t bytes);
  std::uint64_t read(void* data, std::size_t bytes);

  // Keeps other threads from calls and from closing.
  using Lock = std::unique_lock<std::recursive_mutex>;
  [[nodiscard]] Lock lock() const { return Lock(mutex_); }
  // As above, without a lock for each call: a period is written in the time of some of them.
  std::uint64_t write(const Lock& locked, const void* data, std::size_t bytes);
  // Takes back frames that were written last and not played. Returns how many. SNDRV_PCM_IOCTL_REWIND.
  std::uint64_t rewind(std::uint64_t frames);

  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept;
  // A duplicate of the descriptor, to wait for and nothing else.
  [[nodiscard]] UniqueFd duplicate() const;
  [[nodiscard]] bool playback() const noexcept { return playback_; }
  [[nodiscard]] std::uint32_t frame_bytes() const noexcept { return sizes_.frame_bytes; }
  [[nodiscard]] std::uint32_t period_frames() const noexcept { return sizes_.period_frames; }
  [[nodiscard]] std::uint32_t buffer_frames() const noexcept { return sizes_.buffer_frames; }
  // The call that write() makes, by name.
  [[nodiscard]] const char* write_call() const noexcept;

 private:
  int call(unsigned long request, void* argument, const char* name) const;
  template <typename Transfer>
  std::uint64_t transfer(unsigned long request, Transfer argument, const char* name) const;
  [[nodiscard]] std::uint64_t frames_in(std::size_t bytes) const noexcept;

  std::string path_;
  bool playback_;
  PcmSizes sizes_{};
  std::optional<ChannelBuffers> channels_;  // with non-interleaved access
  mutable std::recursive_mutex mutex_;
  UniqueFd fd_;
};

}  // namespace alsa_utimer
