// The caller's memory, as the kernel touches it. Built with the sanitizer of the addon, unlike the rest, so
// that it sees a transfer beyond a buffer, and two threads in one.
#include "fake.h"

void copy_from_user(void *to, const void *user, size_t size) {
  const volatile unsigned char *from = user;
  for (size_t i = 0; i < size; ++i) {
    const unsigned char byte = from[i];
    copy_bytes((char *)to + i, &byte, 1);
  }
}

void copy_to_user(void *user, const void *from, size_t size) {
  volatile unsigned char *to = user;
  for (size_t i = 0; i < size; ++i) {
    unsigned char byte;
    copy_bytes(&byte, (const char *)from + i, 1);
    to[i] = byte;
  }
}
