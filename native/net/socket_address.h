// An IPv4 or IPv6 address with its port, as the kernel takes it.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace alsa_utimer {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  // Nothing where `text` is no address (inet_pton(3)). `scope` is the index of an interface, or 0.
  static std::optional<SocketAddress> parse(const std::string& text, std::uint16_t port, std::uint32_t scope);
  // Every address of this machine.
  static SocketAddress any(int family, std::uint16_t port);
  // getsockname(2). Throws SystemError.
  static SocketAddress of(int descriptor);

  [[nodiscard]] std::string text() const;
  // With the port: 10.0.0.1:5004, [::1]:5004.
  [[nodiscard]] std::string endpoint() const;
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] int family() const noexcept { return storage.ss_family; }
  [[nodiscard]] const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  // sockaddr_in or sockaddr_in6, of which it has the bytes.
  template <typename Raw>
  [[nodiscard]] Raw as() const noexcept {
    Raw raw{};
    std::memcpy(&raw, &storage, sizeof raw);
    return raw;
  }
};

}  // namespace alsa_utimer
