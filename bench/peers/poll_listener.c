// Listeners in C, which poll and read. For each line of input it prints one figure:
//   poll_listener latency ID     "COUNT": waits for so many ticks of timer ID; the median from trigger to
//   delivery, ns poll_listener lockstep N     "COUNT": triggers a timer of its own so often, each time when
//   all N listeners have
//                                the last tick; "elapsed" and "processor" time of one trigger, ns
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { MAX_LISTENERS = 1000, MAX_SAMPLES = 100000 };

struct timer_uinfo {
  uint64_t resolution;
  int fd;
  unsigned id;
  unsigned char reserved[16];
};

struct timer_select {
  int dev_class, dev_sclass, card, device, subdevice;
  unsigned char reserved[32];
};

struct timer_params {
  unsigned flags, ticks, queue_size, reserved0, filter;
  unsigned char reserved[60];
};

struct timer_tread {
  int event;
  unsigned char pad1[4];
  int64_t seconds, nanoseconds;
  unsigned value;
  unsigned char pad2[4];
};

static void need(int result, const char *what) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

static int listen_to(unsigned id) {
  const int listener = open("/dev/snd/timer", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  int on = 1;
  struct timer_select select = {1, 0, -1, 4, (int)id, {0}};
  struct timer_params params = {.flags = 1, .ticks = 1, .filter = 1 << 1};
  need(listener, "open");
  need(ioctl(listener, _IOW('T', 0xa4, int), &on), "TREAD64");
  need(ioctl(listener, _IOW('T', 0x10, struct timer_select), &select), "SELECT");
  need(ioctl(listener, _IOW('T', 0x12, struct timer_params), &params), "PARAMS");
  need(ioctl(listener, _IO('T', 0xa0)), "START");
  return listener;
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int64_t processor(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000LL +
         (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000LL;
}

static int by_size(const void *a, const void *b) {
  const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void latency(unsigned id) {
  static int64_t samples[MAX_SAMPLES];
  static struct timer_tread records[128];
  struct pollfd polled = {listen_to(id), POLLIN, 0};
  puts("listening");
  fflush(stdout);
  int wanted;
  while (scanf("%d", &wanted) == 1) {
    puts("ready");
    fflush(stdout);
    int count = 0;
    for (unsigned ticks = 0; ticks < (unsigned)wanted && count < MAX_SAMPLES;) {
      need(poll(&polled, 1, -1), "poll");
      const ssize_t got = read(polled.fd, records, sizeof records);
      const int64_t time = now();
      for (size_t i = 0; got > 0 && i < (size_t)got / sizeof *records; i += 1) {
        ticks += records[i].value;
        samples[count] = time - (records[i].seconds * 1000000000LL + records[i].nanoseconds);
        count += 1;
      }
    }
    qsort(samples, (size_t)count, sizeof *samples, by_size);
    printf("%lld\n", (long long)samples[count / 2]);
    fflush(stdout);
  }
}

static void lockstep(int listeners) {
  static struct pollfd polled[MAX_LISTENERS];
  static struct timer_tread records[128];
  const int control = open("/dev/snd/timer", O_RDONLY | O_CLOEXEC);
  struct timer_uinfo timer = {.resolution = 10000000};
  need(control, "open");
  need(ioctl(control, _IOWR('T', 0xa5, struct timer_uinfo), &timer), "CREATE");
  for (int i = 0; i < listeners; i += 1) polled[i] = (struct pollfd){listen_to(timer.id), POLLIN, 0};
  // The first makes the others run.
  need(ioctl(timer.fd, _IO('T', 0xa6)), "TRIGGER");
  need((int)read(polled[0].fd, records, sizeof records), "read");
  puts("listening");
  fflush(stdout);
  int count;
  while (scanf("%d", &count) == 1) {
    const int64_t start = now(), start_processor = processor();
    for (int i = 0; i < count; i += 1) {
      need(ioctl(timer.fd, _IO('T', 0xa6)), "TRIGGER");
      for (int missing = listeners; missing > 0;) {
        need(poll(polled, (nfds_t)listeners, -1), "poll");
        for (int k = 0; k < listeners; k += 1) {
          if (!(polled[k].revents & POLLIN)) continue;
          const ssize_t got = read(polled[k].fd, records, sizeof records);
          for (size_t r = 0; got > 0 && r < (size_t)got / sizeof *records; r += 1)
            missing -= (int)records[r].value;
        }
      }
    }
    printf("%lld %lld\n", (long long)(now() - start) / count,
           (long long)(processor() - start_processor) / count);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "latency") == 0) {
    latency((unsigned)atoi(argv[2]));
  } else if (argc == 3 && strcmp(argv[1], "lockstep") == 0 && atoi(argv[2]) <= MAX_LISTENERS) {
    lockstep(atoi(argv[2]));
  } else {
    return 2;
  }
  return 0;
}
