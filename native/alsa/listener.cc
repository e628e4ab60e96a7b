#include "alsa/listener.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

#include "alsa/unique_fd.h"

namespace alsa_utimer {
namespace {

// Lines of "name: value", with blanks before the colon or without; none where the file is gone.
class ProcFile {
 public:
  explicit ProcFile(const std::string& path) {
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const ssize_t length = file.valid() ? ::read(file.get(), text_.data(), text_.size()) : 0;
    length_ = static_cast<std::size_t>(std::max<ssize_t>(length, 0));
  }

  [[nodiscard]] std::string_view value(std::string_view name) const {
    std::string_view rest(text_.data(), length_);
    while (!rest.empty()) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || trimmed(line.substr(0, colon)) != name) {
        continue;
      }
      return trimmed(line.substr(colon + 1));
    }
    return {};
  }

  [[nodiscard]] std::uint64_t number(std::string_view name) const {
    const std::string_view text = value(name);
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }

 private:
  static std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(' ');
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(' ') - first + 1);
  }

  std::array<char, 1024> text_{};
  std::size_t length_ = 0;
};

}  // namespace

std::optional<ListenerState> Listener::look() const {
  const ProcFile status(status_);
  if (status.value("state") != "RUNNING") {
    return std::nullopt;
  }
  const std::uint64_t buffer_frames = ProcFile(parameters_).number("buffer_size");
  if (buffer_frames == 0) {
    return std::nullopt;  // it has gone meanwhile
  }
  return ListenerState{buffer_frames, status.number("avail")};
}

}  // namespace alsa_utimer
