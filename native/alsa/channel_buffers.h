// One buffer a channel, for a substream whose access is non-interleaved: the kernel takes and gives each
// channel by itself (struct snd_xfern), the users of a Pcm whole frames as everywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace alsa_utimer {

class ChannelBuffers {
 public:
  // `sample_bytes` of one sample of one channel. Room for `frames` frames, allocated here and never again.
  ChannelBuffers(std::uint32_t channels, std::uint32_t sample_bytes, std::size_t frames);

  // Frames that are moved at once.
  [[nodiscard]] std::size_t frames() const noexcept { return frames_; }
  // Where each channel begins: what struct snd_xfern points to.
  [[nodiscard]] void** channels() noexcept { return channels_.data(); }

  // From `count` frames, at most frames(), into the channels, and back.
  void split(const std::uint8_t* interleaved, std::size_t count) noexcept;
  void join(std::uint8_t* interleaved, std::size_t count) const noexcept;

 private:
  std::uint32_t sample_bytes_;
  std::size_t frames_;
  std::vector<std::uint8_t> samples_;
  std::vector<void*> channels_;
};

}  // namespace alsa_utimer
