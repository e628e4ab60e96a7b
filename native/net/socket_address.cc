#include "net/socket_address.h"

#include <arpa/inet.h>

#include <array>
#include <cerrno>

#include "alsa/system_error.h"

namespace alsa_utimer {
namespace {

template <typename Raw>
SocketAddress from(const Raw& raw) noexcept {
  SocketAddress address;
  std::memcpy(&address.storage, &raw, sizeof raw);
  address.length = sizeof raw;
  return address;
}

SocketAddress ipv4_address(const in_addr& address, std::uint16_t port) noexcept {
  sockaddr_in raw{};
  raw.sin_family = AF_INET;
  raw.sin_addr = address;
  raw.sin_port = htons(port);
  return from(raw);
}

SocketAddress ipv6_address(const in6_addr& address, std::uint16_t port, std::uint32_t scope) noexcept {
  sockaddr_in6 raw{};
  raw.sin6_family = AF_INET6;
  raw.sin6_addr = address;
  raw.sin6_port = htons(port);
  raw.sin6_scope_id = scope;
  return from(raw);
}

}  // namespace

std::optional<SocketAddress> SocketAddress::parse(const std::string& text, std::uint16_t port,
                                                  std::uint32_t scope) {
  in_addr ipv4{};
  if (::inet_pton(AF_INET, text.c_str(), &ipv4) == 1) {
    return ipv4_address(ipv4, port);
  }
  in6_addr ipv6{};
  if (::inet_pton(AF_INET6, text.c_str(), &ipv6) == 1) {
    return ipv6_address(ipv6, port, scope);
  }
  return std::nullopt;
}

SocketAddress SocketAddress::any(int family, std::uint16_t port) {
  return family == AF_INET ? ipv4_address({.s_addr = INADDR_ANY}, port) : ipv6_address(in6addr_any, port, 0);
}

SocketAddress SocketAddress::of(int descriptor) {
  SocketAddress address;
  address.length = sizeof address.storage;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address.storage), &address.length) != 0) {
    throw SystemError(errno, "getsockname");
  }
  return address;
}

std::string SocketAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  const auto ipv4 = as<sockaddr_in>();
  const auto ipv6 = as<sockaddr_in6>();
  const void* const address =
      family() == AF_INET ? static_cast<const void*>(&ipv4.sin_addr) : &ipv6.sin6_addr;
  return ::inet_ntop(family(), address, buffer.data(), buffer.size()) == nullptr ? "" : buffer.data();
}

std::string SocketAddress::endpoint() const {
  const std::string host = family() == AF_INET6 ? '[' + text() + ']' : text();
  return host + ':' + std::to_string(port());
}

std::uint16_t SocketAddress::port() const noexcept {
  return ntohs(family() == AF_INET ? as<sockaddr_in>().sin_port : as<sockaddr_in6>().sin6_port);
}

}  // namespace alsa_utimer
