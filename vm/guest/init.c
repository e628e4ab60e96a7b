// Process 1 of the guest: bring the machine up, run one command, tell the host how it ended.
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

int main(void) {
  machine_load_modules();
  const struct ports ports = machine_open_ports();
  dprintf(ports.control, "ready\n");
  const struct request *request = request_read(ports.control);
  machine_mount_root();
  machine_mount_rest(request);
  machine_load_more(request);
  machine_keep_timestamps();
  machine_start_processors();
  machine_show_kernel_log();
  dprintf(ports.control, "started\n");

  const struct outcome outcome = command_run(request, &ports);
  sync();
  // The host waits for this line on the console: what the kernel said before it has then arrived too.
  machine_log("the command has ended");
  const bool killed = WIFSIGNALED(outcome.how);
  dprintf(ports.control, "%s %d %" PRIu64 " %" PRIu64 "\n", killed ? "killed" : "ended",
          killed ? WTERMSIG(outcome.how) : WEXITSTATUS(outcome.how), outcome.output_bytes,
          outcome.error_bytes);
  // The host stops the machine once it has all the bytes; reading returns when it is gone.
  for (char byte;;) read_exactly(ports.control, &byte, 1);
}
