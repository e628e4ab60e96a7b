// A sender of RTP over the loopback interface. For each line "COUNT MICROSECONDS PORT..." sends so many
// packets of L16, two channels, 48 frames to each of the ports, that far apart, and prints "done". Where it
// was late it catches up.
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "peer.h"

enum { FRAMES = 48, HEADER = 12, MAX_PORTS = 64 };

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
    int64_t due = now();
    for (long i = 0; i < count; ++i, ++sent, due += interval) {
      const struct timespec time = {due / 1000000000, due % 1000000000};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
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
    puts("done");
  }
  return 0;
}
