#include "alsa/start_thread.h"

#include <pthread.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {

std::thread start_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread;
  int refused = 0;
  try {
    thread = std::thread(std::move(body));
  } catch (const std::system_error& error) {
    refused = error.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (refused != 0) {
    throw SystemError(refused, "pthread_create");
  }
  return thread;
}

}  // namespace alsa_utimer
