#include "alsa/opens.h"

#include <sys/inotify.h>

#include "alsa/system_error.h"

namespace alsa_utimer {

UniqueFd watch_opens(const std::string& path) {
  UniqueFd watch(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!watch.valid()) {
    throw SystemError(errno, "inotify_init1");
  }
  if (::inotify_add_watch(watch.get(), path.c_str(), IN_OPEN) < 0) {
    throw SystemError(errno, "inotify_add_watch", path);
  }
  return watch;
}

}  // namespace alsa_utimer
