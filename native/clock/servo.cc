#include "clock/servo.h"

#include <algorithm>
#include <cmath>

namespace alsa_utimer {
namespace {

// A reading that takes much longer than others was interrupted between its two clocks. On a machine where
// most of them are, the fastest quarter says what a reading takes.
constexpr double kFast = 0.25;
constexpr std::int64_t kSlowFactor = 3;
constexpr std::int64_t kSlowNs = 200;
// Normal noise never exceeds 8 times its deviation. A clock of little noise may still count in steps of 1 us.
constexpr double kGateFactor = 8;
constexpr double kLeastGateNs = 1000;
// Before that many readings their noise is not known.
constexpr std::size_t kNoiseKnown = 8;
// The standard deviation of normal noise, as a multiple of the median of what it is without its sign.
constexpr double kDeviationOfMedian = 1.4826;
// linuxptp takes 20 us for a step, too (first_step_threshold).
constexpr double kStepNs = 20'000;
// Locked is a line that is wrong by so much, or one of the longest window.
constexpr double kLockedNs = 150;
constexpr std::size_t kLeastLocked = 16;

}  // namespace

double Servo::noise_ns() const noexcept { return kDeviationOfMedian * distances_.quantile(0.5); }

double Servo::gate_ns() const noexcept { return std::max(kLeastGateNs, kGateFactor * noise_ns()); }

Servo::Result Servo::take(const ClockReading& reading) noexcept {
  const bool slow = delays_.count() > 0 && reading.delay_ns > kSlowFactor * delays_.quantile(kFast) + kSlowNs;
  delays_.add(reading.delay_ns);
  if (slow) {
    return Result::kIgnored;
  }
  if (!begun_) {
    begun_ = true;
    accept(reading);
    return Result::kTaken;
  }
  phase_error_ns_ = line_.error_of(reading);
  if (distances_.count() >= kNoiseKnown && std::abs(phase_error_ns_) > gate_ns()) {
    return doubt(reading);
  }
  for (std::size_t i = 0; i < doubts_; ++i) {
    distances_.add(std::abs(doubted_[i].error_ns));
  }
  doubts_ = 0;
  distances_.add(std::abs(phase_error_ns_));
  accept(reading);
  return Result::kTaken;
}

// One wild reading says nothing of the clock. Several that agree with each other say that the line is wrong:
// the clock was set where they are at once as far off, and has another frequency where they depart from it.
Servo::Result Servo::doubt(const ClockReading& reading) noexcept {
  doubted_[doubts_++] = {reading, phase_error_ns_};
  if (doubts_ < kDoubts) {
    return Result::kIgnored;
  }
  double x_sum = 0;
  double y_sum = 0;
  double xx_sum = 0;
  double xy_sum = 0;
  const auto x_of = [&](const Doubt& each) {
    return static_cast<double>(each.reading.monotonic_ns - doubted_[0].reading.monotonic_ns);
  };
  for (const Doubt& each : doubted_) {
    x_sum += x_of(each);
    y_sum += each.error_ns;
    xx_sum += x_of(each) * x_of(each);
    xy_sum += x_of(each) * each.error_ns;
  }
  const double n = kDoubts;
  const double spread = n * xx_sum - x_sum * x_sum;
  const double slope = spread > 0 ? (n * xy_sum - x_sum * y_sum) / spread : 0;
  const double first = (y_sum - slope * x_sum) / n;
  double scatter = 0;
  for (const Doubt& each : doubted_) {
    scatter = std::max(scatter, std::abs(each.error_ns - first - slope * x_of(each)));
  }
  if (scatter > gate_ns()) {
    distances_.add(std::abs(doubted_[0].error_ns));
    std::shift_left(doubted_.begin(), doubted_.end(), 1);
    --doubts_;
    return Result::kIgnored;
  }
  // Another frequency may have begun with the last reading that was taken. Of a line that is not locked it is
  // rather the line that was wrong.
  const auto since = static_cast<double>(doubted_[0].reading.monotonic_ns - taken_at_);
  const bool stepped = locked_ && std::abs(first) - std::abs(slope) * since > kStepNs;
  if (stepped) {
    step_ns_ = std::llround(y_sum / n);
  }
  restart(doubted_);
  return stepped ? Result::kStepped : Result::kRestarted;
}

void Servo::restart(std::span<const Doubt> doubts) noexcept {
  fit_.restart();
  loop_.restart();
  for (PredictionError& each : errors_) {
    each.restart();
  }
  doubts_ = 0;
  count_ = 0;
  locked_ = false;
  for (const Doubt& each : doubts) {
    accept(each.reading);
  }
}

const ClockLine& Servo::model(std::size_t index) const noexcept {
  return index == kLoop ? loop_.line() : fit_.line(index);
}

void Servo::accept(const ClockReading& reading) noexcept {
  if (count_ > 0) {
    for (std::size_t i = 0; i < errors_.size(); ++i) {
      errors_[i].add(model(i), reading);
    }
  }
  fit_.add(reading);
  loop_.add(reading);
  taken_at_ = reading.monotonic_ns;
  ++count_;
  choose();
}

// Until errors are known all windows of the fit have the same readings.
void Servo::choose() noexcept {
  std::size_t best = kLoop - 1;
  for (std::size_t i = errors_.size(); i-- > 0;) {
    if (errors_[i].square() < errors_[best].square()) {
      best = i;
    }
  }
  line_ = model(best);
  const double noise = best == kLoop ? loop_.noise() : fit_.noise(best);
  locked_ = locked_ || count_ >= LinearFit::kLengths.back() ||
            (count_ >= kLeastLocked && noise * noise_ns() <= kLockedNs);
}

}  // namespace alsa_utimer
