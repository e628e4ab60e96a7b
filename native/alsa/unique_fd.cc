#include "alsa/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include "alsa/system_error.h"

namespace alsa_utimer {

UniqueFd UniqueFd::open(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    throw SystemError(errno, "open", path);
  }
  return UniqueFd(fd);
}

UniqueFd UniqueFd::duplicate() const {
  UniqueFd copy(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
  if (!copy.valid()) {
    throw SystemError(errno, "fcntl F_DUPFD_CLOEXEC");
  }
  return copy;
}

void UniqueFd::reset() noexcept {
  // close(2) frees the number even when it reports an error, so there is nothing to retry.
  if (const int fd = std::exchange(fd_, -1); fd >= 0) {
    ::close(fd);
  }
}

}  // namespace alsa_utimer
