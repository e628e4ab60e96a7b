// The C side of the sender's benchmark: prints the port of a socket that nobody reads. For each line "COUNT
// PERIOD_NS BYTES" on stdin it sends so many datagrams there, at the ends of periods on CLOCK_MONOTONIC, and
// prints the nanoseconds of processor time that took.
#include <arpa/inet.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "peer.h"

int main(void) {
  static char datagram[65536];
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  const int sink = socket(AF_INET, SOCK_DGRAM, 0), source = socket(AF_INET, SOCK_DGRAM, 0);
  check(bind(sink, (struct sockaddr *)&address, size), "bind");
  check(getsockname(sink, (struct sockaddr *)&address, &size), "getsockname");
  prctl(PR_SET_TIMERSLACK, 1);
  setvbuf(stdout, NULL, _IOLBF, 0);
  printf("%d\n", ntohs(address.sin_port));
  long count;
  long long period;
  size_t bytes;
  while (scanf("%ld %lld %zu", &count, &period, &bytes) == 3 && bytes <= sizeof datagram) {
    const int64_t before = processor();
    int64_t end = now();
    for (long i = 0; i < count; ++i) {
      end += period;
      sleep_until(end);
      check((int)sendto(source, datagram, bytes, 0, (struct sockaddr *)&address, size), "sendto");
    }
    printf("%lld\n", (long long)(processor() - before));
  }
  return 0;
}
