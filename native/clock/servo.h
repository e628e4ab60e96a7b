// Follows a clock by readings of it: where it is at an instant of CLOCK_MONOTONIC, and how fast. It reads
// nothing and knows no time of its own.
//
// Two kinds of models take each reading: least squares over several lengths of the past, and a delay-locked
// loop. The one that was least wrong of late is followed. A noisy clock wants a long memory, a wandering one
// a short one, and neither needs a setting.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "clock/clock_line.h"
#include "clock/clock_reading.h"
#include "clock/delay_locked_loop.h"
#include "clock/linear_fit.h"
#include "clock/prediction_error.h"
#include "clock/recent.h"

namespace alsa_utimer {

class Servo {
 public:
  enum class Result : std::uint8_t {
    kTaken,
    kIgnored,    // it took too long, or is far from the rest: later readings say which of them are wrong
    kRestarted,  // the frequency jumped, or the phase by little
    kStepped,    // the clock was set
  };

  Result take(const ClockReading& reading) noexcept;

  // CLOCK_MONOTONIC before the first reading.
  [[nodiscard]] const ClockLine& line() const noexcept { return line_; }
  [[nodiscard]] bool begun() const noexcept { return begun_; }
  // Whether the line is about as good as it will be.
  [[nodiscard]] bool locked() const noexcept { return locked_; }
  // Whether the last reading was far from the line, so that others are wanted soon.
  [[nodiscard]] bool doubtful() const noexcept { return doubts_ > 0; }
  // By how much the clock jumped, when it last stepped.
  [[nodiscard]] std::int64_t step_ns() const noexcept { return step_ns_; }
  // By how much the last reading was ahead of what the line said before it.
  [[nodiscard]] double phase_error_ns() const noexcept { return phase_error_ns_; }

 private:
  struct Doubt {
    ClockReading reading;
    double error_ns;
  };
  static constexpr std::size_t kDoubts = 4;
  // The loop stands behind the windows of the fit.
  static constexpr std::size_t kLoop = LinearFit::kLengths.size();

  [[nodiscard]] double noise_ns() const noexcept;
  [[nodiscard]] double gate_ns() const noexcept;
  Result doubt(const ClockReading& reading) noexcept;
  void restart(std::span<const Doubt> doubts) noexcept;
  void accept(const ClockReading& reading) noexcept;
  void choose() noexcept;
  [[nodiscard]] const ClockLine& model(std::size_t index) const noexcept;

  LinearFit fit_;
  DelayLockedLoop loop_;
  std::array<PredictionError, kLoop + 1> errors_;
  Recent<std::int64_t, 32> delays_;
  Recent<double, 32> distances_;  // how far readings were from the line
  std::array<Doubt, kDoubts> doubted_{};
  std::size_t doubts_ = 0;
  ClockLine line_;
  std::int64_t taken_at_ = 0;
  std::size_t count_ = 0;  // readings since the restart
  bool begun_ = false;
  bool locked_ = false;
  std::int64_t step_ns_ = 0;
  double phase_error_ns_ = 0;
};

}  // namespace alsa_utimer
