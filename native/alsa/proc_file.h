// A file of /proc that stays open between reads: the kernel renders it anew for each read from its beginning
// (fs/seq_file.c: seq_read_iter).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "alsa/unique_fd.h"

namespace alsa_utimer {

class ProcFile {
 public:
  // Longer files are cut off.
  using Memory = std::array<char, 1024>;

  explicit ProcFile(std::string path) : path_(std::move(path)) {}

  // The text, in `memory`; nothing where the file is gone. Opens it when it is not open. Throws SystemError
  // where it may not be read. Waits for locks of the kernel. Not for several threads.
  [[nodiscard]] std::string_view read(Memory& memory);

  // An open file keeps the module of a card in use (sound/core/info.c: alloc_info_private).
  void close() noexcept { fd_.reset(); }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace alsa_utimer
