// Somebody else's timer: prints its id; for each line "COUNT MICROSECONDS" of input triggers so often, that
// far apart.
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>

struct timer_uinfo {
  uint64_t resolution;
  int fd;
  unsigned id;
  unsigned char reserved[16];
};

int main(void) {
  const int control = open("/dev/snd/timer", O_RDONLY | O_CLOEXEC);
  struct timer_uinfo timer = {.resolution = 10000000};
  if (control < 0 || ioctl(control, _IOWR('T', 0xa5, struct timer_uinfo), &timer) < 0) {
    perror("tick_source");
    return 1;
  }
  printf("%u\n", timer.id);
  fflush(stdout);
  int count, microseconds;
  while (scanf("%d %d", &count, &microseconds) == 2) {
    const struct timespec pause = {0, microseconds * 1000L};
    for (int i = 0; i < count; i += 1) {
      nanosleep(&pause, NULL);
      if (ioctl(timer.fd, _IO('T', 0xa6)) < 0) return 1;
    }
    puts("done");
    fflush(stdout);
  }
  return 0;
}
