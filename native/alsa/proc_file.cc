#include "alsa/proc_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

// What a file says that does not exist, or no more: its card or process went, before it was opened or after
// that (fs/proc/inode.c: proc_reg_read, for EIO).
bool says_gone(int error) {
  return error == ENOENT || error == ENOTDIR || error == ESRCH || error == ENODEV || error == EIO;
}

}  // namespace

std::string_view ProcFile::read(Memory& memory) {
  // Of a card that went, and came again, the open file says that it is gone.
  const bool was_open = fd_.valid();
  for (int attempt = was_open ? 0 : 1; attempt < 2; ++attempt) {
    const char* call = "read";
    ssize_t length = -1;
    if (!fd_.valid()) {
      call = "open";
      fd_ = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    }
    if (fd_.valid()) {
      call = "read";
      length = ::pread(fd_.get(), memory.data(), memory.size(), 0);
    }
    if (length >= 0) {
      return {memory.data(), static_cast<std::size_t>(length)};
    }
    const int error = errno;
    fd_.reset();
    if (!says_gone(error)) {
      throw SystemError(error, call, path_);
    }
  }
  return {};
}

}  // namespace alsa_utimer
