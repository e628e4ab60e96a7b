// Text in a struct of the kernel: an array of bytes that need not end with NUL.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>

namespace alsa_utimer {

template <std::size_t Size>
std::string kernel_text(const unsigned char (&bytes)[Size]) {
  const char* const begin = reinterpret_cast<const char*>(bytes);
  return {begin, strnlen(begin, Size)};
}

}  // namespace alsa_utimer
