// A media ring in simulated time: a command a line on standard input, an answer of JSON a line on standard
// output.
//   ring RATE FRAMES PERIODS REPEAT LATE NEXT     anew
//   write TIMESTAMP FRAMES BEFORE NOW             frames of 4 bytes, each of which is its timestamp
//   take END NOW                                  answers with the frames, 0 where there is silence
//   rest | losses | stats
#include <cstdint>
#include <cstring>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "clock/media_ring.h"

namespace {

using alsa_utimer::MediaRing;

template <typename T>
T read() {
  T value{};
  std::cin >> value;
  return value;
}

void print(const std::optional<std::int64_t>& value) {
  if (value) {
    std::cout << *value;
  } else {
    std::cout << "null";
  }
}

class Simulation {
 public:
  bool obey(const std::string& command) {
    if (command == "ring") {
      begin();
    } else if (command == "write") {
      write();
    } else if (command == "take") {
      take();
    } else if (command == "rest") {
      ring_->rest();
      std::cout << "null\n";
    } else if (command == "losses") {
      tell_losses();
    } else if (command == "stats") {
      tell_stats();
    } else {
      return false;
    }
    return true;
  }

 private:
  void begin() {
    const auto rate = read<std::uint32_t>();
    frames_ = read<std::size_t>();
    const auto periods = read<std::size_t>();
    const auto repeat = read<std::size_t>();
    const auto late = read<std::size_t>();
    const MediaRing::Shape shape{.rate = rate,
                                 .frame_bytes = sizeof(std::uint32_t),
                                 .period_frames = frames_,
                                 .periods = periods,
                                 .silence = 0,
                                 .repeat_frames = repeat,
                                 .late_frames = late};
    ring_.emplace(shape, read<std::int64_t>());
    std::cout << "null\n";
  }

  void write() {
    const auto timestamp = read<std::uint32_t>();
    std::vector<std::uint32_t> frames(read<std::size_t>());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      frames[i] = timestamp + static_cast<std::uint32_t>(i);
    }
    const auto before = static_cast<MediaRing::Before>(read<int>());
    const auto now = read<std::int64_t>();
    const MediaRing::Written written = ring_->write(
        timestamp, reinterpret_cast<const std::uint8_t*>(frames.data()), frames.size(), before, now);
    std::cout << "{\"position\":" << written.position << ",\"placed\":" << written.placed
              << ",\"late\":" << written.late << ",\"refused\":" << (written.refused ? "true" : "false")
              << "}\n";
  }

  void take() {
    const auto end = read<std::uint64_t>();
    const MediaRing::Period period = ring_->take(end, read<std::int64_t>());
    std::vector<std::uint32_t> frames(frames_);
    std::memcpy(frames.data(), period.bytes, frames_ * sizeof(std::uint32_t));
    std::cout << "{\"sounds\":" << (period.sounds ? "true" : "false")
              << ",\"running\":" << (period.running ? "true" : "false") << ",\"frames\":[";
    for (std::size_t i = 0; i < frames.size(); ++i) {
      std::cout << (i > 0 ? "," : "") << frames[i];
    }
    std::cout << "]}\n";
  }

  void tell_losses() {
    std::cout << '[';
    const char* separator = "";
    for (const MediaRing::Loss& loss : ring_->take_losses()) {
      std::cout << separator << '[' << loss.position << ',' << loss.frames << ']';
      separator = ",";
    }
    std::cout << "]\n";
  }

  void tell_stats() {
    const MediaRing::Stats stats = ring_->stats();
    std::cout << "{\"lost\":" << stats.lost << ",\"gaps\":" << stats.gaps << ",\"waiting\":" << stats.waiting
              << ",\"next\":" << stats.next << ",\"end\":";
    print(stats.end);
    std::cout << ",\"marginNs\":";
    print(stats.margin_ns);
    std::cout << "}\n";
  }

  std::size_t frames_ = 0;
  std::optional<MediaRing> ring_;
};

}  // namespace

int main() {
  Simulation simulation;
  for (std::string command; std::cin >> command;) {
    if (!simulation.obey(command)) {
      std::cerr << "unknown command " << command << '\n';
      return 1;
    }
  }
  return 0;
}
