#include "alsa/substream.h"

#include <sound/asound.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace alsa_utimer {
namespace {

// snd_pcm_state_names: the names of SNDRV_PCM_STATE_*, from 0 on.
constexpr std::array<std::string_view, SNDRV_PCM_STATE_LAST + 1> kStates{
    "OPEN", "SETUP", "PREPARED", "RUNNING", "XRUN", "DRAINING", "PAUSED", "SUSPENDED", "DISCONNECTED"};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

// Of lines of "name: value", with blanks before the colon or without.
std::string_view value_of(std::string_view name, std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == name) {
      return trimmed(line.substr(colon + 1));
    }
  }
  return {};
}

// What a value begins with: of "48000 (48000/1)" the first number. 0 for anything else.
template <typename Integer>
Integer number_of(std::string_view name, std::string_view text) {
  const std::string_view value = value_of(name, text);
  Integer number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

// More frames than any buffer has. The pointers of a substream count from 0 to its boundary, and from 0
// again: 2^30 frames or a little less of a 32-bit program (sound/core/pcm_compat.c: recalculate_boundary),
// which are 6 hours at 48 kHz.
constexpr std::int64_t kMostQueued = std::int64_t{1} << 28;

}  // namespace

std::optional<SubstreamStatus> Substream::status() {
  ProcFile::Memory memory;
  const std::string_view text = status_.read(memory);
  const auto* const state = std::find(kStates.begin(), kStates.end(), value_of("state", text));
  if (state == kStates.end()) {
    return std::nullopt;
  }
  SubstreamStatus status{static_cast<int>(state - kStates.begin()),
                         number_of<std::uint32_t>("owner_pid", text), number_of<std::uint64_t>("avail", text),
                         static_cast<std::int64_t>(number_of<std::uint64_t>("appl_ptr", text) -
                                                   number_of<std::uint64_t>("hw_ptr", text))};
  if (status.queued < -kMostQueued || status.queued > kMostQueued) [[unlikely]] {
    // One of the two has begun anew. The kernel has taken that into account in what is free.
    const std::optional<SubstreamParameters> set = parameters();
    const std::uint64_t buffer = set ? set->buffer_frames : status.avail;
    status.queued = static_cast<std::int64_t>(buffer - status.avail);
  }
  return status;
}

std::optional<SubstreamParameters> Substream::parameters() {
  ProcFile::Memory memory;
  const std::string_view text = parameters_.read(memory);
  const std::string_view format = value_of("format", text);
  if (format.empty()) {
    return std::nullopt;
  }
  return SubstreamParameters{.access = std::string(value_of("access", text)),
                             .format = std::string(format),
                             .channels = number_of<std::uint32_t>("channels", text),
                             .rate = number_of<std::uint32_t>("rate", text),
                             .period_frames = number_of<std::uint64_t>("period_size", text),
                             .buffer_frames = number_of<std::uint64_t>("buffer_size", text)};
}

}  // namespace alsa_utimer
