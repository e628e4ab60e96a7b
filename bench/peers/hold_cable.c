// Holds both ends of a loopback cable running, whatever is triggered: xruns are switched off. Prints
// "running", and ends when its stdin does. For measurements of a trigger that moves a period.
#include <unistd.h>

#include "peer.h"

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: hold_cable CARD PERIOD_FRAMES\n");
    return 2;
  }
  const int card = atoi(argv[1]);
  const unsigned period = (unsigned)atoi(argv[2]);
  start_pcm(open_pcm(card, "D1c", period, 1));
  start_pcm(open_pcm(card, "D0p", period, 1));
  puts("running");
  fflush(stdout);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}
