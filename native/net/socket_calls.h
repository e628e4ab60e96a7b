// The calls that both kinds of sockets begin with. Each throws SystemError.
#pragma once

#include <sys/socket.h>

#include <cerrno>

#include "alsa/system_error.h"
#include "alsa/unique_fd.h"

namespace alsa_utimer {

// A UDP socket that nobody waits in.
inline UniqueFd open_udp_socket(int family) {
  UniqueFd fd(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    throw SystemError(errno, "socket");
  }
  return fd;
}

// setsockopt(2). `syscall` names it with its option.
template <typename Value>
void set_option(int descriptor, int level, int name, const Value& value, const char* syscall) {
  if (::setsockopt(descriptor, level, name, &value, sizeof value) != 0) {
    throw SystemError(errno, syscall);
  }
}

}  // namespace alsa_utimer
