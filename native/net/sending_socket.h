// A UDP socket that sends to one address (udp(7)).
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "alsa/unique_fd.h"
#include "net/socket_address.h"

namespace alsa_utimer {

class SendingSocket {
 public:
  // For a group.
  struct Group {
    std::optional<SocketAddress> via;  // IPv4: of the interface to send from
    std::uint32_t interface;           // IPv6: its index; 0 leaves it to the kernel
    int ttl;
    bool loop;  // whether receivers on this machine get what is sent
  };
  struct Options {
    SocketAddress to;
    SocketAddress local;
    std::optional<Group> group;
  };

  // socket, bind and setsockopt; see ip(7), ipv6(7). Throws SystemError.
  explicit SendingSocket(const Options& options);

  // The local address of what is sent: what connect(2), which sends nothing, finds on a socket of its own.
  // Nothing without a route.
  static std::optional<SocketAddress> origin(const Options& options);

  // sendmmsg(2): how many of the datagrams, 64 at most, the kernel has taken, or a negated errno where that
  // is none. What comes next is sent from the interface that has the place of one that was removed.
  std::int64_t send(iovec* datagrams, std::size_t count) noexcept;
  static constexpr std::size_t kMost = 64;
  static constexpr const char* kSendCall = "sendmmsg";

  [[nodiscard]] UniqueFd duplicate() const { return fd_.duplicate(); }
  void close() noexcept { fd_.reset(); }

 private:
  void find_interfaces() noexcept;

  UniqueFd fd_;
  SocketAddress to_;
  std::optional<Group> group_;
  // Of the interfaces that numbers were given for; empty where none was.
  std::string link_name_;   // that the address is on
  std::string group_name_;  // IPv6: to send from
};

}  // namespace alsa_utimer
