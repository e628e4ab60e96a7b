#include "simulated_clock.h"

#include <algorithm>
#include <cerrno>
#include <cmath>

namespace simulated {
namespace {

// What a reading takes when nothing interrupts it.
constexpr std::int64_t kDelayNs = 800;
constexpr double kSlowestNs = 200'000;
// Frequency is constant for so long.
constexpr std::int64_t kGrainNs = 1'000'000;

}  // namespace

SimulatedClock::SimulatedClock(const Scenario& scenario, std::int64_t monotonic_ns)
    : scenario_(scenario),
      random_(scenario.seed),
      began_at_(monotonic_ns),
      monotonic_ns_(monotonic_ns),
      epoch_ns_(1'700'000'000'000'000'000),
      ppb_(scenario.ppm * 1000) {}

void SimulatedClock::pass(std::int64_t monotonic_ns) {
  while (monotonic_ns_ < monotonic_ns) {
    const std::int64_t grain = kGrainNs - (monotonic_ns_ - began_at_) % kGrainNs;
    advance(std::min(monotonic_ns - monotonic_ns_, grain));
  }
}

void SimulatedClock::advance(std::int64_t nanoseconds) {
  const double before = seconds();
  const double passed = static_cast<double>(nanoseconds) * 1e-9;
  ahead_ns_ += ppb_ * passed;
  monotonic_ns_ += nanoseconds;
  ppb_ += scenario_.drift * passed;
  if (scenario_.walk > 0) {
    ppb_ += std::normal_distribution<double>(0, scenario_.walk * std::sqrt(passed))(random_);
  }
  const auto now = [&](const Change& change) { return change.at_s > before && change.at_s <= seconds(); };
  for (const Change& step : scenario_.steps) {
    ahead_ns_ += now(step) ? step.by : 0;
  }
  for (const Change& jump : scenario_.jumps) {
    ppb_ += now(jump) ? jump.by * 1000 : 0;
  }
}

std::int64_t SimulatedClock::now_ns() const {
  return epoch_ns_ + (monotonic_ns_ - began_at_) + std::llround(ahead_ns_);
}

int SimulatedClock::read(alsa_utimer::ClockReading& reading) const noexcept {
  for (const Gap& gap : scenario_.gaps) {
    if (seconds() >= gap.from_s && seconds() < gap.to_s) {
      return ENODEV;
    }
  }
  const auto share = [&] { return std::uniform_real_distribution<double>(0, 1)(random_); };
  const auto signed_share = [&] { return 2 * share() - 1; };
  double error = 0;
  std::int64_t delay = kDelayNs;
  if (scenario_.noise > 0) {
    error += std::normal_distribution<double>(0, scenario_.noise)(random_);
  }
  if (share() < scenario_.outliers) {
    error += signed_share() * scenario_.outlier;
  }
  if (share() < scenario_.slow) {
    const double longer = share() * kSlowestNs;
    delay += std::llround(longer);
    error += signed_share() * longer / 2;
  }
  reading = {.monotonic_ns = monotonic_ns_, .clock_ns = now_ns() + std::llround(error), .delay_ns = delay};
  readings_.push_back(reading);
  return 0;
}

}  // namespace simulated
