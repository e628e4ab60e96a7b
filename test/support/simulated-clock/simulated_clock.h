// A clock that is what its scenario says, and readings of it that are as bad as that says. Time passes when
// it is told to.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "clock/clock_reader.h"
#include "scenario.h"

namespace simulated {

class SimulatedClock final : public alsa_utimer::ClockReader {
 public:
  // Time begins at `monotonic_ns`.
  SimulatedClock(const Scenario& scenario, std::int64_t monotonic_ns);

  // To an instant of CLOCK_MONOTONIC, which is not before the last one.
  void pass(std::int64_t monotonic_ns);
  // What the clock truly says now.
  [[nodiscard]] std::int64_t now_ns() const;
  // How much faster it truly is.
  [[nodiscard]] double ppb() const { return ppb_; }

  int read(alsa_utimer::ClockReading& reading) const noexcept override;
  [[nodiscard]] const char* method() const noexcept override { return "simulation"; }
  // What was read, the last one at the end.
  [[nodiscard]] const std::vector<alsa_utimer::ClockReading>& readings() const { return readings_; }

 private:
  [[nodiscard]] double seconds() const { return static_cast<double>(monotonic_ns_ - began_at_) * 1e-9; }
  void advance(std::int64_t nanoseconds);

  Scenario scenario_;
  mutable std::mt19937_64 random_;
  mutable std::vector<alsa_utimer::ClockReading> readings_;
  std::int64_t began_at_;
  std::int64_t monotonic_ns_;
  std::int64_t epoch_ns_;
  double ahead_ns_ = 0;  // what frequency and steps have made of it
  double ppb_;
};

}  // namespace simulated
