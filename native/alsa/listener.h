// Whoever captures at the other end of a cable, as far as the cable's writer can see it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace alsa_utimer {

struct ListenerState {
  std::uint64_t buffer_frames;
  std::uint64_t unread_frames;
};

class Listener {
 public:
  // `substream`: /proc/asound/card<N>/pcm<D>c/sub<S>, whose files everybody may read.
  explicit Listener(const std::string& substream)
      : parameters_(substream + "/hw_params"), status_(substream + "/status") {}

  // Nothing while nobody captures.
  [[nodiscard]] std::optional<ListenerState> look() const;

 private:
  std::string parameters_;
  std::string status_;
};

}  // namespace alsa_utimer
