// The C side of the trigger benchmarks: creates a userspace-driven timer, prints its id, and for each line
// "COUNT" on stdin triggers that often and prints the nanoseconds that one trigger took.
#include "peer.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: trigger_loop RESOLUTION_NS\n");
    return 2;
  }
  const int timer = create_timer(argv[1]);
  for (long count; scanf("%ld", &count) == 1;) {
    const int64_t start = now();
    for (long i = 0; i < count; ++i) {
      check(ioctl(timer, UTIMER_TRIGGER), "TRIGGER");
    }
    printf("%.3f\n", (double)(now() - start) / (double)count);
  }
  return 0;
}
