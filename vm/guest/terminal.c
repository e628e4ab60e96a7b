// The command's terminal: the keys of the host's go in, and what is to be shown comes out.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guest.h"

void terminal_resize(const struct terminal *terminal, const char *size) {
  struct winsize window = {0};
  if (sscanf(size, "%hu %hu", &window.ws_row, &window.ws_col) != 2) return;
  ioctl(terminal->keyboard, TIOCSWINSZ, &window);
}

struct terminal terminal_open(const char *size) {
  struct terminal terminal = {.keyboard = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  if (terminal.keyboard < 0 || grantpt(terminal.keyboard) != 0 || unlockpt(terminal.keyboard) != 0)
    fail("make a terminal");
  terminal.path = ptsname(terminal.keyboard);
  terminal.screen = fcntl(terminal.keyboard, F_DUPFD_CLOEXEC, 0);
  if (!terminal.path || terminal.screen < 0) fail("find the terminal");
  terminal_resize(&terminal, size);
  return terminal;
}

void terminal_take(const struct terminal *terminal) {
  // The first terminal that the leader of a session opens is that of the session.
  const int end = open(terminal->path, O_RDWR);
  for (int stream = 0; stream <= 2; stream++)
    if (end < 0 || dup2(end, stream) < 0) _exit(125);
  if (end > 2) close(end);
}
