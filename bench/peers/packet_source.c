// A sender of RTP over the loopback interface. For each line "COUNT MICROSECONDS PORT..." sends so many
// packets of L16, two channels, 48 frames to each of the ports, that far apart, and prints "done". Where it
// was late it catches up. With 0 microseconds it sends as fast as the receivers take them: whenever more
// waits in one of their sockets than a window it waits, and at the end until all is taken; then it prints
// the nanoseconds that this took.
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "peer.h"

enum { FRAMES = 48, HEADER = 12, MAX_PORTS = 64, WINDOW = 32, WINDOW_BYTES = 64 * 1024, PAUSE_NS = 100000 };

// The most that waits in the sockets of these ports, in bytes of the kernel's memory.
static unsigned long waiting(const struct sockaddr_in *targets, int count) {
  FILE *table = fopen("/proc/net/udp", "r");
  if (!table) {
    perror("/proc/net/udp");
    exit(1);
  }
  char line[256];
  unsigned long most = 0;
  while (fgets(line, sizeof line, table)) {
    unsigned port;
    unsigned long queued;
    if (sscanf(line, "%*d: %*x:%x %*x:%*x %*x %*x:%lx", &port, &queued) != 2) {
      continue;
    }
    for (int i = 0; i < count; ++i) {
      if (port == ntohs(targets[i].sin_port) && queued > most) {
        most = queued;
      }
    }
  }
  fclose(table);
  return most;
}

static void wait_for(const struct sockaddr_in *targets, int count, unsigned long limit) {
  const struct timespec pause = {0, PAUSE_NS};
  while (waiting(targets, count) > limit) {
    nanosleep(&pause, NULL);
  }
}

int main(void) {
  static uint8_t packet[HEADER + FRAMES * 4] = {0x80, 96};
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  check(descriptor, "socket");
  setvbuf(stdout, NULL, _IOLBF, 0);
  packet[HEADER] = 1;
  uint32_t sent = 0;
  char line[1024];
  while (fgets(line, sizeof line, stdin)) {
    char *rest = line;
    const long count = strtol(rest, &rest, 10);
    const long interval = strtol(rest, &rest, 10) * 1000;
    struct sockaddr_in targets[MAX_PORTS];
    int ports = 0;
    for (long port; ports < MAX_PORTS && (port = strtol(rest, &rest, 10)) != 0; ++ports) {
      targets[ports] = (struct sockaddr_in){AF_INET, htons((uint16_t)port), {htonl(INADDR_LOOPBACK)}, {0}};
    }
    const int64_t start = now();
    int64_t due = start;
    for (long i = 0; i < count; ++i, ++sent, due += interval) {
      if (interval > 0) {
        const struct timespec time = {due / 1000000000, due % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
      } else if (i % WINDOW == 0) {
        wait_for(targets, ports, WINDOW_BYTES);
      }
      const uint16_t sequence = htons((uint16_t)sent);
      const uint32_t timestamp = htonl(sent * FRAMES);
      memcpy(packet + 2, &sequence, sizeof sequence);
      memcpy(packet + 4, &timestamp, sizeof timestamp);
      for (int port = 0; port < ports; ++port) {
        check((int)sendto(descriptor, packet, sizeof packet, 0, (struct sockaddr *)&targets[port],
                          sizeof *targets),
              "sendto");
      }
    }
    if (interval > 0) {
      puts("done");
    } else {
      wait_for(targets, ports, 0);
      printf("%lld\n", (long long)(now() - start));
    }
  }
  return 0;
}
