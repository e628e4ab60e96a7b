// An advisory lock on a file, flock(2): of this object alone, and gone with the process at the latest.
#pragma once

#include <mutex>
#include <string>

#include "alsa/unique_fd.h"

namespace alsa_utimer {

class FileLock {
 public:
  // Opens `path` for reading and does not wait; throws SystemError, EWOULDBLOCK while somebody else has it.
  explicit FileLock(const std::string& path);
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { close(); }

  void close() noexcept;
  [[nodiscard]] bool closed() noexcept;

 private:
  std::mutex mutex_;
  UniqueFd fd_;
};

}  // namespace alsa_utimer
