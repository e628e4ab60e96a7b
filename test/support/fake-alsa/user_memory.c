// The caller's memory, as the kernel touches it. Built with the sanitizer of the addon, unlike the rest, so
// that it sees a transfer beyond a buffer, and two threads in one.
#include <pthread.h>

#include "fake.h"

// What two threads write without a word to each other.
static volatile int raced;

static void *write_raced(void *unused) {
  (void)unused;
  raced = 1;
  return NULL;
}

void race(void) {
  pthread_t other;
  if (pthread_create(&other, NULL, write_raced, NULL) == 0) {
    raced = 2;
    pthread_join(other, NULL);
  }
}

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
