// A PCM substream that any program may have open, as its files in /proc/asound tell everybody: `status` and
// `hw_params` (sound/core/pcm.c: snd_pcm_substream_proc_status_read, snd_pcm_substream_proc_hw_params_read).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "alsa/proc_file.h"

namespace alsa_utimer {

struct SubstreamStatus {
  int state;            // SNDRV_PCM_STATE_*
  std::uint32_t owner;  // the thread that opened it; 0 where it is of another PID namespace
  std::uint64_t avail;  // frames that can be written, or read
  std::int64_t queued;  // of a playback: frames that are yet to be played; negative where it lacked some
};

struct SubstreamParameters {
  std::string access;  // by the kernel's names: 'RW_INTERLEAVED', 'S16_LE'
  std::string format;
  std::uint32_t channels;
  std::uint32_t rate;  // Hz
  std::uint64_t period_frames;
  std::uint64_t buffer_frames;
};

// Reading waits for whoever opens or sets up the substream. All throw SystemError where the files may not be
// read. Not for several threads.
class Substream {
 public:
  // `folder`: /proc/asound/card<N>/pcm<D>p|c/sub<S>. The files are opened when they are first read.
  explicit Substream(const std::string& folder)
      : status_(folder + "/status"), parameters_(folder + "/hw_params") {}

  // Nothing while nobody has it open, or where its card is gone.
  [[nodiscard]] std::optional<SubstreamStatus> status();
  // Nothing before they are set.
  [[nodiscard]] std::optional<SubstreamParameters> parameters();
  // Lets its files go; reading opens them again.
  void close() noexcept {
    status_.close();
    parameters_.close();
  }

 private:
  ProcFile status_;
  ProcFile parameters_;
};

}  // namespace alsa_utimer
