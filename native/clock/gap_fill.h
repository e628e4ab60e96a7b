// What stands where frames are missing: silence, or the last packet over again for a while, then silence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace alsa_utimer {

class GapFill {
 public:
  // `repeat_frames`: for so long the last packet is repeated; 0 for silence at once.
  GapFill(std::size_t frame_bytes, std::uint8_t silence, std::size_t repeat_frames);

  // So many frames a packet has.
  void set_packet(std::size_t frames) noexcept { packet_ = frames; }
  // These were received, and have their turn.
  void hear(const std::uint8_t* frames, std::size_t count) noexcept;
  // Fills these in. A repetition goes on where the fill before it ended. Returns whether there is more than
  // silence in them.
  bool fill(std::uint8_t* frames, std::size_t count) noexcept;

 private:
  // The last packet, as far as it is known.
  [[nodiscard]] std::size_t unit() const noexcept;

  const std::size_t frame_bytes_;
  const std::uint8_t silence_;
  const std::size_t most_;           // frames that are repeated
  std::vector<std::uint8_t> heard_;  // the newest frames, at its end
  std::size_t known_ = 0;            // frames of it
  std::size_t packet_ = 0;
  std::size_t repeated_ = 0;
};

}  // namespace alsa_utimer
