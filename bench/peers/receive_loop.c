// The C side of the bridge benchmarks, with the calls that a bridge makes: waits for packets, takes those
// that wait by recvmmsg, up to 16, places each by its timestamp, and for each full period writes and
// triggers. Creates a userspace-driven timer and prints its id; after a line "open" opens the playback side
// of a cable on it and prints the port that it receives at; then for each further line receives until no
// packet has come for a while, and prints how many came and the nanoseconds of processor time that they took.
// Without arguments there is neither timer nor cable, and no id: periods are placed in memory.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "peer.h"

enum { HEADER = 12, FRAME_BYTES = 4, MAX_DATAGRAM = 65536, SLOTS = 16, SILENCE_MS = 1500 };

static struct {
  int timer, pcm, running;
  unsigned period, pending;
  uint8_t *data;
} cable;

static void move_period(void) {
  cable.pending = 0;
  if (cable.timer < 0) {
    return;
  }
  struct snd_xferi transfer = {.buf = cable.data, .frames = cable.period};
  check(ioctl(cable.pcm, SNDRV_PCM_IOCTL_WRITEI_FRAMES, &transfer), "WRITEI_FRAMES");
  if (!cable.running) {
    start_pcm(cable.pcm);
    cable.running = 1;
  }
  check(ioctl(cable.timer, UTIMER_TRIGGER), "TRIGGER");
}

// Frames in network byte order; NULL stands for silence.
static void place(const uint8_t *payload, unsigned frames) {
  while (frames > 0) {
    const unsigned room = cable.period - cable.pending;
    const unsigned part = frames < room ? frames : room;
    uint8_t *to = cable.data + (size_t)cable.pending * FRAME_BYTES;
    if (payload) {
      for (unsigned i = 0; i < part * FRAME_BYTES; i += 2) {
        to[i] = payload[i + 1];
        to[i + 1] = payload[i];
      }
      payload += (size_t)part * FRAME_BYTES;
    } else {
      memset(to, 0, (size_t)part * FRAME_BYTES);
    }
    frames -= part;
    cable.pending += part;
    if (cable.pending == cable.period) {
      move_period();
    }
  }
}

static struct {
  uint8_t data[SLOTS][MAX_DATAGRAM];
  struct iovec buffers[SLOTS];
  struct mmsghdr messages[SLOTS];
} room;

// The frames of a datagram, in their place; whether it was a packet of the stream that was in time.
static int place_packet(const uint8_t *datagram, unsigned length, int first) {
  static uint32_t next;
  if (length <= HEADER || datagram[0] != 0x80 || (datagram[1] & 0x7f) != 96) {
    return 0;
  }
  uint32_t timestamp;
  memcpy(&timestamp, datagram + 4, sizeof timestamp);
  timestamp = ntohl(timestamp);
  const unsigned frames = (length - HEADER) / FRAME_BYTES;
  if (first) {
    next = timestamp;
  }
  const int32_t ahead = (int32_t)(timestamp - next);
  if (ahead < 0) {
    return 0;
  }
  place(NULL, (unsigned)ahead);
  place(datagram + HEADER, frames);
  next = timestamp + frames;
  return 1;
}

static long receive(int descriptor) {
  for (int i = 0; i < SLOTS; ++i) {
    room.buffers[i] = (struct iovec){room.data[i], MAX_DATAGRAM};
    room.messages[i].msg_hdr = (struct msghdr){.msg_iov = &room.buffers[i], .msg_iovlen = 1};
  }
  long packets = 0;
  struct pollfd polled = {descriptor, POLLIN, 0};
  for (;;) {
    const int ready = poll(&polled, 1, packets > 0 ? SILENCE_MS : -1);
    check(ready, "poll");
    if (ready == 0) {
      return packets;
    }
    const int count = recvmmsg(descriptor, room.messages, SLOTS, MSG_DONTWAIT, NULL);
    check(count, "recvmmsg");
    for (int i = 0; i < count; ++i) {
      packets += place_packet(room.data[i], room.messages[i].msg_len, packets == 0);
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 1) {
    fprintf(stderr, "usage: receive_loop [RESOLUTION_NS CARD PERIOD_FRAMES]\n");
    return 2;
  }
  const int has_cable = argc == 4;
  setvbuf(stdout, NULL, _IOLBF, 0);
  cable.period = has_cable ? (unsigned)atoi(argv[3]) : 480;
  cable.data = calloc(cable.period, FRAME_BYTES);
  cable.timer = has_cable ? create_timer(argv[1]) : -1;
  char line[16];
  if (!fgets(line, sizeof line, stdin)) {
    return 0;
  }
  if (has_cable) {
    cable.pcm = open_pcm(atoi(argv[2]), "D0p", cable.period, 0);
  }
  const int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  check(descriptor, "socket");
  // What a bridge asks for; the kernel gives net.core.rmem_max.
  const int buffer = 2 << 20;
  check(setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer), "SO_RCVBUF");
  struct sockaddr_in address = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
  socklen_t size = sizeof address;
  check(bind(descriptor, (struct sockaddr *)&address, size), "bind");
  check(getsockname(descriptor, (struct sockaddr *)&address, &size), "getsockname");
  printf("%d\n", ntohs(address.sin_port));
  while (fgets(line, sizeof line, stdin)) {
    const int64_t before = processor();
    const long packets = receive(descriptor);
    printf("%ld %lld\n", packets, (long long)(processor() - before));
  }
  free(cable.data);
  return 0;
}
