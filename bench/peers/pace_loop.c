// The C side of the pacer's benchmarks: creates so many userspace-driven timers, and prints their ids. For
// each line "COUNT PERIOD_NS" on stdin it triggers all of them so often, at the ends of periods on
// CLOCK_MONOTONIC, and prints the nanoseconds of processor time that took.
#include <sys/prctl.h>

#include "peer.h"

enum { MOST = 128 };

int main(int argc, char **argv) {
  int timers[MOST];
  const int count = argc == 3 ? atoi(argv[2]) : 0;
  if (count < 1 || count > MOST) {
    fprintf(stderr, "usage: pace_loop RESOLUTION_NS TIMERS\n");
    return 2;
  }
  prctl(PR_SET_TIMERSLACK, 1);
  for (int i = 0; i < count; ++i) {
    timers[i] = create_timer(argv[1]);
  }
  long ends;
  long long period;
  while (scanf("%ld %lld", &ends, &period) == 2) {
    const int64_t before = processor();
    int64_t end = now();
    for (long i = 0; i < ends; ++i) {
      end += period;
      sleep_until(end);
      for (int k = 0; k < count; ++k) {
        check(ioctl(timers[k], UTIMER_TRIGGER), "TRIGGER");
      }
    }
    printf("%lld\n", (long long)(processor() - before));
  }
  return 0;
}
