// Being told when a device is opened, by whomever: inotify(7). An open(2) of a device node is all that the
// kernel announces of a capture that has not started.
#pragma once

#include <string>

#include "alsa/unique_fd.h"

namespace alsa_utimer {

// Readable once the file `path` has been opened since it was read last; reading does not wait. Throws
// SystemError.
[[nodiscard]] UniqueFd watch_opens(const std::string& path);

}  // namespace alsa_utimer
