// The C side of the trigger benchmarks: creates a userspace-driven timer, prints its id, and for each line
// "COUNT" on stdin triggers that often and prints the nanoseconds that one trigger took.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>

struct uinfo {
  uint64_t resolution;
  int32_t fd;
  uint32_t id;
  uint8_t reserved[16];
};
#define CREATE _IOWR('T', 0xa5, struct uinfo)
#define TRIGGER _IO('T', 0xa6)

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: trigger_loop RESOLUTION_NS\n");
    return 2;
  }
  struct uinfo info = {.resolution = strtoull(argv[1], NULL, 10)};
  const int control = open("/dev/snd/timer", O_RDONLY | O_CLOEXEC);
  if (control < 0 || ioctl(control, CREATE, &info) < 0) {
    perror("trigger_loop: /dev/snd/timer");
    return 1;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("%u\n", info.id);
  for (long count; scanf("%ld", &count) == 1;) {
    const int64_t start = now();
    for (long i = 0; i < count; ++i) {
      if (ioctl(info.fd, TRIGGER) < 0) {
        perror("trigger_loop: TRIGGER");
        return 1;
      }
    }
    printf("%.3f\n", (double)(now() - start) / (double)count);
  }
  return 0;
}
