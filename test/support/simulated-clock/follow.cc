// Follows a simulated clock as the pacer's thread would, and prints as JSON how well: see scenario.h for its
// words.
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "clock/delay_locked_loop.h"
#include "clock/device_scale.h"
#include "clock/linear_fit.h"
#include "clock/system_scale.h"
#include "scenario.h"
#include "simulated_clock.h"

namespace {

using alsa_utimer::DeviceScale;
using alsa_utimer::SystemScale;
using alsa_utimer::TimeScale;

constexpr std::int64_t kBegin = 5'000'000'000;  // of CLOCK_MONOTONIC
constexpr std::int64_t kLookNs = 1'000'000;     // between two looks at the error

class Errors {
 public:
  void add(double ns) {
    squares_ += ns * ns;
    most_ = std::max(most_, std::abs(ns));
    ++count_;
  }
  [[nodiscard]] double rms() const { return count_ == 0 ? NAN : std::sqrt(squares_ / count_); }
  [[nodiscard]] double most() const { return most_; }

 private:
  double squares_ = 0;
  double most_ = 0;
  double count_ = 0;
};

const char* name_of(TimeScale::State state) {
  switch (state) {
    case TimeScale::State::kFree:
      return "free";
    case TimeScale::State::kAcquiring:
      return "acquiring";
    case TimeScale::State::kLocked:
      return "locked";
    case TimeScale::State::kHoldover:
      return "holdover";
  }
  return "";
}

// The two kinds of models of the servo, each by itself and without its care for wild readings.
class Models {
 public:
  // Takes readings from the one that is not known yet on.
  void take(const std::vector<alsa_utimer::ClockReading>& readings) {
    for (; taken_ < readings.size(); ++taken_) {
      fit_.add(readings[taken_]);
      loop_.add(readings[taken_]);
    }
  }
  void measure(std::int64_t monotonic_ns, std::int64_t clock_ns) {
    const alsa_utimer::ClockReading truth{.monotonic_ns = monotonic_ns, .clock_ns = clock_ns, .delay_ns = 0};
    fit_errors.add(fit_.line(alsa_utimer::LinearFit::kLengths.size() - 1).error_of(truth));
    loop_errors.add(loop_.line().error_of(truth));
  }

  Errors fit_errors;
  Errors loop_errors;

 private:
  alsa_utimer::LinearFit fit_;
  alsa_utimer::DelayLockedLoop loop_;
  std::size_t taken_ = 0;
};

// NaN is no JSON.
std::string number(double value) { return std::isnan(value) ? "null" : std::to_string(value); }

void follow(const simulated::Scenario& scenario) {
  const auto clock = std::make_shared<simulated::SimulatedClock>(scenario, kBegin);
  DeviceScale device(clock);
  SystemScale system(clock);
  TimeScale& scale = scenario.system != 0 ? static_cast<TimeScale&>(system) : device;
  Errors locked;
  Errors measured;
  Models models;
  double worse_than_10us = 0;
  double worse_than_1us = 0;
  std::uint64_t steps = 0;
  std::string states;
  std::string stepped;
  const char* state = "";
  std::int64_t inverse = 0;
  const auto end = kBegin + static_cast<std::int64_t>(scenario.seconds * 1e9);
  for (std::int64_t now = kBegin; now < end;) {
    clock->pass(now);
    const double seconds = static_cast<double>(now - kBegin) * 1e-9;
    scale.observe(now);
    models.take(clock->readings());
    if (const char* next = name_of(scale.state()); next != state) {
      state = next;
      states += (states.empty() ? "" : ", ") + ("[" + number(seconds)) + ", \"" + state + "\"]";
    }
    if (scale.steps() != steps) {
      steps = scale.steps();
      stepped += (stepped.empty() ? "" : ", ") + ("[" + number(seconds)) + ", " +
                 std::to_string(scale.last_step().step_ns) + "]";
    }
    const std::int64_t modelled = scale.from_monotonic(now);
    const auto error = static_cast<double>(modelled - clock->now_ns());
    inverse = std::max(inverse, std::abs(scale.to_monotonic(modelled) - now));
    if (scale.state() == TimeScale::State::kLocked) {
      locked.add(error);
    }
    if (seconds >= scenario.measured_from) {
      measured.add(error);
      models.measure(now, clock->now_ns());
    }
    worse_than_10us = std::abs(error) > 10'000 ? seconds : worse_than_10us;
    worse_than_1us = std::abs(error) > 1'000 ? seconds : worse_than_1us;
    now = std::min(now + kLookNs, std::max(now + 1, scale.next_observation()));
  }
  std::printf(
      "{\"states\": [%s], \"steps\": [%s], \"lockedRms\": %s, \"rms\": %s, \"most\": %s, \"worseThan10us\": "
      "%s, "
      "\"worseThan1us\": %s, \"frequencyError\": %s, \"inverse\": %s, \"fitRms\": %s, \"loopRms\": %s}\n",
      states.c_str(), stepped.c_str(), number(locked.rms()).c_str(), number(measured.rms()).c_str(),
      number(measured.most()).c_str(), number(worse_than_10us).c_str(), number(worse_than_1us).c_str(),
      number(scale.frequency_ppb() - clock->ppb()).c_str(), std::to_string(inverse).c_str(),
      number(models.fit_errors.rms()).c_str(), number(models.loop_errors.rms()).c_str());
}

}  // namespace

int main(int count, char** words) {
  try {
    follow(simulated::read_scenario(count - 1, words + 1));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "follow: %s\n", error.what());
    return 2;
  }
}
