// Failures of the guest itself: the host gets a sentence, the machine stops.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

int fail_port = -1;

void fail(const char *format, ...) {
  const int error = errno;
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length > 400) length = 400;
  snprintf(text + length, sizeof text - length, ": %s", strerror(error));
  machine_log(text);
  if (fail_port >= 0) dprintf(fail_port, "failed %s\n", text);
  // The host stops the machine once it has read this.
  sleep(5);
  machine_stop();
}

void read_exactly(int fd, void *into, size_t length) {
  char *at = into;
  while (length > 0) {
    const ssize_t got = read(fd, at, length);
    if (got == 0) machine_stop();  // the host is gone
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("read from the host");
    at += got;
    length -= (size_t)got;
  }
}

void write_exactly(int fd, const void *from, size_t length) {
  const char *at = from;
  while (length > 0) {
    const ssize_t put = write(fd, at, length);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write to the host");
    at += put;
    length -= (size_t)put;
  }
}
