// Reading addresses that crossed the seam.
#pragma once

#include <napi.h>

#include <cstdint>
#include <limits>

#include "binding/arguments.h"
#include "net/socket_address.h"

namespace alsa_utimer::binding {

inline std::uint16_t read_port(const Napi::Value& value) {
  const auto port = read_integer<std::uint32_t>(value, "port");
  if (port > std::numeric_limits<std::uint16_t>::max()) {
    throw expected(value.Env(), "port", "0..65535");
  }
  return static_cast<std::uint16_t>(port);
}

inline SocketAddress read_address(const Napi::Value& value, const char* name, std::uint16_t port = 0,
                                  std::uint32_t scope = 0) {
  const auto address = SocketAddress::parse(read_string(value, name), port, scope);
  if (!address) {
    throw expected(value.Env(), name, "an IPv4 or IPv6 address");
  }
  return *address;
}

}  // namespace alsa_utimer::binding
