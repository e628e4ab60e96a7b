#include "alsa/channel_buffers.h"

#include <cstring>

namespace alsa_utimer {
namespace {

// The size of a sample is a constant in each loop, so that it is moved by one instruction.
template <std::size_t kBytes>
void copy_samples(std::uint8_t* to, std::size_t to_step, const std::uint8_t* from, std::size_t from_step,
                  std::size_t count) noexcept {
  for (; count > 0; --count, to += to_step, from += from_step) {
    std::memcpy(to, from, kBytes);
  }
}

void copy_samples(std::uint32_t bytes, std::uint8_t* to, std::size_t to_step, const std::uint8_t* from,
                  std::size_t from_step, std::size_t count) noexcept {
  switch (bytes) {
    case 1:
      return copy_samples<1>(to, to_step, from, from_step, count);
    case 2:
      return copy_samples<2>(to, to_step, from, from_step, count);
    case 3:
      return copy_samples<3>(to, to_step, from, from_step, count);
    case 4:
      return copy_samples<4>(to, to_step, from, from_step, count);
    default:
      for (; count > 0; --count, to += to_step, from += from_step) {
        std::memcpy(to, from, bytes);
      }
  }
}

}  // namespace

ChannelBuffers::ChannelBuffers(std::uint32_t channels, std::uint32_t sample_bytes, std::size_t frames)
    : sample_bytes_(sample_bytes),
      frames_(frames),
      samples_(std::size_t{channels} * sample_bytes * frames),
      channels_(channels) {
  std::uint8_t* begin = samples_.data();
  for (void*& channel : channels_) {
    channel = begin;
    begin += sample_bytes_ * frames_;
  }
}

void ChannelBuffers::split(const std::uint8_t* interleaved, std::size_t count) noexcept {
  const std::size_t frame_bytes = channels_.size() * sample_bytes_;
  for (void* channel : channels_) {
    copy_samples(sample_bytes_, static_cast<std::uint8_t*>(channel), sample_bytes_, interleaved, frame_bytes,
                 count);
    interleaved += sample_bytes_;
  }
}

void ChannelBuffers::join(std::uint8_t* interleaved, std::size_t count) const noexcept {
  const std::size_t frame_bytes = channels_.size() * sample_bytes_;
  for (const void* channel : channels_) {
    copy_samples(sample_bytes_, interleaved, frame_bytes, static_cast<const std::uint8_t*>(channel),
                 sample_bytes_, count);
    interleaved += sample_bytes_;
  }
}

}  // namespace alsa_utimer
