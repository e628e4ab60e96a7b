// The C side of the write benchmarks: the same calls as ClockedLoopback.write, and nothing else. Creates a
// userspace-driven timer and prints its id; after a line "open" opens the playback side of a cable on it and
// prints "open"; then for each line "COUNT" writes and triggers COUNT periods, a multiple of
// PERIODS_A_WRITE, of which so many lie one behind the other, and prints the nanoseconds that one took, on
// the clock and on the processor.
#include "peer.h"

// Each time the periods lie elsewhere: what an emulated processor needs to copy them depends on their
// address.
enum { PLACES = 16, PLACE_BYTES = 5 * 4096 };

static int64_t processor_time(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void write_period(int pcm, void *data, unsigned period) {
  struct snd_xferi transfer = {.buf = data, .frames = period};
  check(ioctl(pcm, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &transfer), "WRITEI_FRAMES");
  if (transfer.result != (long)period) {
    fprintf(stderr, "write_loop: %ld frames were taken\n", (long)transfer.result);
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 5) {
    fprintf(stderr, "usage: write_loop RESOLUTION_NS CARD PERIOD_FRAMES PERIODS_A_WRITE\n");
    return 2;
  }
  const unsigned period = (unsigned)atoi(argv[3]);
  const long periods = atol(argv[4]);
  const int timer = create_timer(argv[1]);
  char line[16];
  if (scanf("%15s", line) != 1) {
    return 0;
  }
  const int pcm = open_pcm(atoi(argv[2]), "D0p", period, 0);
  const size_t period_bytes = 4UL * period;
  const size_t write_bytes = (size_t)periods * period_bytes;
  char *memory = malloc(PLACES * PLACE_BYTES + write_bytes);
  if (!memory) return 1;
  // Pages that nobody has written to are one and the same page of zeros.
  memset(memory, 1, PLACES * PLACE_BYTES + write_bytes);
  write_period(pcm, memory, period);
  start_pcm(pcm);
  check(ioctl(timer, UTIMER_TRIGGER), "TRIGGER");
  puts("open");
  size_t place = 0;
  for (long count; scanf("%ld", &count) == 1; place = (place + 1) % PLACES) {
    char *data = memory + place * PLACE_BYTES;
    const int64_t start = now();
    const int64_t busy = processor_time();
    for (long written = 0; written < count; written += periods) {
      for (char *next = data; next < data + write_bytes; next += period_bytes) {
        write_period(pcm, next, period);
        check(ioctl(timer, UTIMER_TRIGGER), "TRIGGER");
      }
    }
    const double wall = (double)(now() - start) / (double)count;
    printf("%.3f %.3f\n", wall, (double)(processor_time() - busy) / (double)count);
  }
  free(memory);
  return 0;
}
