#include "clock/gap_fill.h"

#include <algorithm>
#include <cstring>

namespace alsa_utimer {

GapFill::GapFill(std::size_t frame_bytes, std::uint8_t silence, std::size_t repeat_frames)
    : frame_bytes_(frame_bytes),
      silence_(silence),
      most_(repeat_frames),
      heard_(frame_bytes * repeat_frames) {}

std::size_t GapFill::unit() const noexcept { return std::min(packet_, known_); }

void GapFill::hear(const std::uint8_t* frames, std::size_t count) noexcept {
  repeated_ = 0;
  const std::size_t taken = std::min(count, most_);
  if (taken == 0) {
    return;
  }
  const std::size_t bytes = taken * frame_bytes_;
  std::memmove(heard_.data(), heard_.data() + bytes, heard_.size() - bytes);
  std::memcpy(heard_.data() + heard_.size() - bytes, frames + (count - taken) * frame_bytes_, bytes);
  known_ = std::min(known_ + taken, most_);
}

bool GapFill::fill(std::uint8_t* frames, std::size_t count) noexcept {
  const std::size_t period = unit();
  const std::size_t total = period == 0 ? 0 : std::min(count, most_ - repeated_);
  const std::uint8_t* const packet = heard_.data() + heard_.size() - period * frame_bytes_;
  for (std::size_t left = total; left > 0;) {
    const std::size_t from = repeated_ % period;
    const std::size_t part = std::min(left, period - from);
    std::memcpy(frames, packet + from * frame_bytes_, part * frame_bytes_);
    frames += part * frame_bytes_;
    repeated_ += part;
    left -= part;
  }
  std::memset(frames, silence_, (count - total) * frame_bytes_);
  return total > 0;
}

}  // namespace alsa_utimer
