// Schedules, and a pacing, in simulated time: a command a line on standard input, an answer a line on
// standard output.
//   schedule RATE FRAMES ORIGIN      anew; as the next ones it answers with the next end
//   pass ENDS | seek NOW | ppb PPB
//   due NOW                          answers with how many ends there are
//   number                           answers with which end comes next
//   pacing RATE FRAMES ORIGIN|- PPB SKIP MAX_BURST    anew, at time 0; as the next ones it answers with the
//   deadline,
//                                    ticks, caught up, missed, underruns and the number of news
//   serve NOW | update NOW PPB
//   clock OFFSET STATE STEPS NOW     the clock is ahead of CLOCK_MONOTONIC by this much from now on
//   target RESULT                    what the target does from now on: PacerTarget::Result
// The last two may come before a pacing, without an answer.
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "clock/pacing.h"
#include "clock/schedule.h"

namespace {

using namespace alsa_utimer;

struct Settings {
  std::int64_t offset = 0;
  TimeScale::State state = TimeScale::State::kFree;
  std::uint64_t steps = 0;
  PacerTarget::Result result = PacerTarget::Result::kMoved;
};

class SetScale final : public TimeScale {
 public:
  explicit SetScale(const Settings& settings) : settings_(settings) {}
  bool observe(std::int64_t) noexcept override { return true; }
  [[nodiscard]] std::int64_t next_observation() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t to_monotonic(std::int64_t ns) const noexcept override {
    return ns - settings_.offset;
  }
  [[nodiscard]] std::int64_t from_monotonic(std::int64_t ns) const noexcept override {
    return ns + settings_.offset;
  }
  [[nodiscard]] State state() const noexcept override { return settings_.state; }
  [[nodiscard]] std::uint64_t steps() const noexcept override { return settings_.steps; }
  [[nodiscard]] Step last_step() const noexcept override { return {}; }
  [[nodiscard]] double frequency_ppb() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t reading_delay_ns() const noexcept override { return 0; }
  [[nodiscard]] std::int64_t phase_error_ns() const noexcept override { return 0; }
  [[nodiscard]] int error() const noexcept override { return 0; }

 private:
  const Settings& settings_;
};

class SetTarget final : public PacerTarget {
 public:
  explicit SetTarget(const Settings& settings) : settings_(settings) {}
  Result move(std::uint64_t /*end*/, Failure& failure) noexcept override {
    if (settings_.result == Result::kFailed) {
      failure = {5, "move"};
    }
    return settings_.result;
  }

 private:
  const Settings& settings_;
};

std::int64_t simulated_now = 0;

std::int64_t tell_time() noexcept { return simulated_now; }

template <typename T>
T read() {
  T value{};
  std::cin >> value;
  return value;
}

class Simulation {
 public:
  bool obey(const std::string& command) { return command_schedule(command) || command_pacing(command); }

 private:
  bool command_schedule(const std::string& command) {
    if (command == "schedule") {
      const auto rate = read<std::uint32_t>();
      const auto frames = read<std::uint32_t>();
      schedule_.emplace(rate, frames, read<std::int64_t>());
    } else if (command == "pass") {
      schedule_->pass(read<std::uint64_t>());
    } else if (command == "seek") {
      schedule_->seek(read<std::int64_t>());
    } else if (command == "ppb") {
      schedule_->set_ppb(read<std::int32_t>());
    } else if (command == "due") {
      std::cout << schedule_->due(read<std::int64_t>()) << '\n';
      return true;
    } else if (command == "number") {
      std::cout << schedule_->number() << '\n';
      return true;
    } else {
      return false;
    }
    std::cout << schedule_->next() << '\n';
    return true;
  }

  bool command_pacing(const std::string& command) {
    if (command == "pacing") {
      begin();
    } else if (command == "serve") {
      simulated_now = read<std::int64_t>();
      pacing_->serve(simulated_now, tell_time);
    } else if (command == "update") {
      const auto now = read<std::int64_t>();
      pacing_->set_ppb(read<std::int32_t>());
      pacing_->update(now);
    } else if (command == "clock") {
      settings_.offset = read<std::int64_t>();
      settings_.state = static_cast<TimeScale::State>(read<int>());
      settings_.steps = read<std::uint64_t>();
      const auto now = read<std::int64_t>();
      if (pacing_ != nullptr) {
        pacing_->observed(now, true);
      }
    } else if (command == "target") {
      settings_.result = static_cast<PacerTarget::Result>(read<int>());
    } else {
      return false;
    }
    if (pacing_ != nullptr) {
      answer();
    }
    return true;
  }

  void begin() {
    PacingParameters parameters{};
    parameters.rate = read<std::uint32_t>();
    parameters.frames = read<std::uint32_t>();
    if (const auto origin = read<std::string>(); origin != "-") {
      parameters.origin = std::stoll(origin);
    }
    parameters.ppb = read<std::int32_t>();
    parameters.skip = read<int>() != 0;
    parameters.max_burst = read<std::uint32_t>();
    pacing_ = std::make_shared<Pacing>(0, board_, std::make_unique<SetTarget>(settings_),
                                       std::make_shared<SetScale>(settings_), parameters);
    pacing_->update(0);
  }

  void answer() {
    const PacingStats stats = pacing_->stats();
    std::cout << pacing_->deadline() << ' ' << stats.ticks << ' ' << stats.caught_up << ' ' << stats.missed
              << ' ' << stats.underruns << ' ' << board_->take_news().size() << '\n';
    static_cast<void>(pacing_->news());
  }

  Settings settings_;
  std::optional<Schedule> schedule_;
  const std::shared_ptr<PacerBoard> board_ = std::make_shared<PacerBoard>();
  std::shared_ptr<Pacing> pacing_;
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
