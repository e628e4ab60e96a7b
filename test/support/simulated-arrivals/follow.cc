// A sender whose packets are late at random, followed by their arrivals in simulated time: its parameters are
// the arguments, and each line of standard output is how the clock stands at the end of a second.
//   follow SECONDS PACKET_NS JITTER_NS PPB FIRST_LATE_NS DELAY_FROM DELAY_NS QUIET_FROM QUIET_UNTIL
// Packets are late by 0..JITTER_NS, uniformly; the first one by FIRST_LATE_NS besides; from second DELAY_FROM
// on all of them by DELAY_NS; between QUIET_FROM and QUIET_UNTIL none comes. A line has the second, the error
// in ns (less than 0: the clock is behind that of a sender whose packets are never late), the frequency in
// ppb, the state, and the number of steps.
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>

#include "clock/arrivals.h"

namespace {

using namespace alsa_utimer;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 5'000 * kSecond + 123;

struct Scenario {
  std::int64_t seconds;
  std::int64_t packet_ns;
  std::int64_t jitter_ns;
  std::int64_t ppb;
  std::int64_t first_late_ns;
  std::int64_t delay_from;
  std::int64_t delay_ns;
  std::int64_t quiet_from;
  std::int64_t quiet_until;
};

std::int64_t scaled(std::int64_t ns, std::int64_t ppb) {
  return ns + static_cast<std::int64_t>(static_cast<double>(ns) * static_cast<double>(ppb) * 1e-9);
}

void follow(const Scenario& wanted) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> jitter(0, wanted.jitter_ns);
  const auto arrivals = std::make_shared<Arrivals>(kSecond);
  ArrivalScale scale(arrivals);
  // The first packet has the media time of its arrival.
  const std::int64_t base = arrivals->time_at(kStart + wanted.first_late_ns);
  std::int64_t media = 0;
  std::int64_t next_look = kStart;
  for (std::int64_t second = 1; second <= wanted.seconds; ++second) {
    const std::int64_t until = kStart + second * kSecond;
    for (;;) {
      const std::int64_t sent = kStart + scaled(media, -wanted.ppb);
      const std::int64_t passed = (sent - kStart) / kSecond;
      if (sent >= until) {
        break;
      }
      const std::int64_t late = jitter(random) + (media == 0 ? wanted.first_late_ns : 0) +
                                (passed >= wanted.delay_from ? wanted.delay_ns : 0);
      for (; next_look <= sent; next_look += 10'000'000) {
        scale.observe(next_look);
      }
      if (passed < wanted.quiet_from || passed >= wanted.quiet_until) {
        arrivals->add(sent + late, base + media);
      }
      media += wanted.packet_ns;
    }
    const std::int64_t truth = base + scaled(until - kStart, wanted.ppb);
    std::cout << second << ' ' << scale.from_monotonic(until) - truth << ' ' << scale.frequency_ppb() << ' '
              << static_cast<int>(scale.state()) << ' ' << scale.steps() << '\n';
  }
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 10) {
    std::cerr << "nine numbers are needed\n";
    return 1;
  }
  const auto number = [arguments](int index) { return std::strtoll(arguments[index], nullptr, 10); };
  follow({number(1), number(2), number(3), number(4), number(5), number(6), number(7), number(8), number(9)});
  return 0;
}
