// What happens to a simulated clock, as the command line says it: `seconds=30 ppm=-100 noise=1000
// step=12:5000000`.
#pragma once

#include <cstdint>
#include <vector>

namespace simulated {

// Something at an instant, in seconds: a jump of ns, a jump of ppm.
struct Change {
  double at_s;
  double by;
};

// Without readings from one instant to another.
struct Gap {
  double from_s;
  double to_s;
};

struct Scenario {
  std::uint64_t seed = 1;
  double seconds = 60;
  double ppm = 0;  // by which the clock is fast at first
  // Standard deviation of a reading's error, ns.
  double noise = 0;
  // Of the frequency: ppb a second, and the standard deviation after a second of a random walk, ppb.
  double drift = 0;
  double walk = 0;
  // Share of readings that are wrong by up to `outlier` ns, with nothing to tell them by.
  double outliers = 0;
  double outlier = 0;
  // Share of readings that take up to 200 us longer, and are wrong by up to half of that.
  double slow = 0;
  // Seconds before which errors do not count.
  double measured_from = 0;
  // Not 0: one of the system's clocks, at the frequency of CLOCK_MONOTONIC.
  double system = 0;
  std::vector<Change> steps;
  std::vector<Change> jumps;  // of the frequency
  std::vector<Gap> gaps;
};

// Throws std::invalid_argument.
Scenario read_scenario(int count, const char* const* words);

}  // namespace simulated
