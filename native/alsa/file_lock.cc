#include "alsa/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>

#include "alsa/system_error.h"

namespace alsa_utimer {

FileLock::FileLock(const std::string& path) : fd_(UniqueFd::open(path, O_RDONLY)) {
  if (::flock(fd_.get(), LOCK_EX | LOCK_NB) < 0) {
    throw SystemError(errno, "flock", path);
  }
}

void FileLock::close() noexcept {
  const std::lock_guard lock(mutex_);
  if (fd_.valid()) {
    // A child that is about to exec has the descriptor too, and the lock with it.
    ::flock(fd_.get(), LOCK_UN);
    fd_.reset();
  }
}

bool FileLock::closed() noexcept {
  const std::lock_guard lock(mutex_);
  return !fd_.valid();
}

}  // namespace alsa_utimer
