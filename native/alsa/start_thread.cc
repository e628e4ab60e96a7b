#include "alsa/start_thread.h"

#include <pthread.h>

#include <csignal>
#include <system_error>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

// Blocks all signals in the calling thread, and so in those that it starts.
class AllBlocked {
 public:
  AllBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  AllBlocked(const AllBlocked&) = delete;
  AllBlocked& operator=(const AllBlocked&) = delete;
  ~AllBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

std::thread start_thread(std::function<void()> body) {
  const AllBlocked blocked;
  try {
    return std::thread(std::move(body));
  } catch (const std::system_error& error) {
    throw SystemError(error.code().value(), "pthread_create");
  }
}

}  // namespace alsa_utimer
