// When ticks of a timer came: tick_times CLASS DEVICE SUBDEVICE INTERVAL_TICKS PERIOD_NS. For each line
// "COUNT" of input it waits for so many ticks, and prints by how many nanoseconds each of them came later
// than the earliest one, on a grid of PERIOD_NS.
#include <poll.h>
#include <unistd.h>

#include "peer.h"

enum { MOST = 100000, QUEUE = 1024 };

static int listen_to(int class, int device, int subdevice, unsigned ticks) {
  const int listener = open("/dev/snd/timer", O_RDONLY | O_CLOEXEC);
  const struct snd_timer_select select = {
      .id = {.dev_class = class, .dev_sclass = 0, .card = -1, .device = device, .subdevice = subdevice}};
  const struct snd_timer_params params = {.flags = SNDRV_TIMER_PSFLG_AUTO,
                                          .ticks = ticks,
                                          .queue_size = QUEUE,
                                          .filter = 1U << SNDRV_TIMER_EVENT_TICK};
  int on = 1;
  check(listener, "/dev/snd/timer");
  check(ioctl(listener, _IOW('T', 0xa4, int), &on), "TREAD64");
  check(ioctl(listener, SNDRV_TIMER_IOCTL_SELECT, &select), "SELECT");
  check(ioctl(listener, SNDRV_TIMER_IOCTL_PARAMS, &params), "PARAMS");
  check(ioctl(listener, SNDRV_TIMER_IOCTL_START), "START");
  return listener;
}

struct record {
  int32_t event;
  int32_t reserved;
  int64_t seconds;
  int64_t nanoseconds;
  uint32_t value;
  uint32_t padding;
};

int main(int argc, char **argv) {
  static int64_t late[MOST];
  static struct record records[QUEUE];
  if (argc != 6) {
    fprintf(stderr, "usage: tick_times CLASS DEVICE SUBDEVICE INTERVAL_TICKS PERIOD_NS\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOFBF, 0);
  const unsigned interval = (unsigned)strtoul(argv[4], NULL, 10);
  const int64_t period = strtoll(argv[5], NULL, 10);
  const int listener = listen_to(atoi(argv[1]), atoi(argv[2]), atoi(argv[3]), interval);
  printf("listening\n");
  fflush(stdout);
  for (int wanted; scanf("%d", &wanted) == 1 && wanted <= MOST;) {
    int count = 0;
    int64_t first = 0, earliest = INT64_MAX;
    while (count < wanted) {
      const ssize_t got = read(listener, records, sizeof records);
      check((int)got, "read");
      for (size_t i = 0; i < (size_t)got / sizeof *records; ++i) {
        const int64_t time = records[i].seconds * 1000000000LL + records[i].nanoseconds;
        // Ticks that come together are one record.
        const unsigned ticks = records[i].value / interval > 0 ? records[i].value / interval : 1;
        first = count == 0 ? time : first;
        for (unsigned k = 0; k < ticks && count < wanted; ++k) {
          late[count] = time - first - count * period;
          earliest = late[count] < earliest ? late[count] : earliest;
          ++count;
        }
      }
    }
    for (int i = 0; i < count; ++i) {
      printf("%lld%c", (long long)(late[i] - earliest), i + 1 < count ? ' ' : '\n');
    }
    fflush(stdout);
  }
  return 0;
}
