// A UDP socket that receives (udp(7)): bound to one address, and perhaps a member of groups.
#pragma once

#include <sys/socket.h>
#include <time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "alsa/unique_fd.h"
#include "net/socket_address.h"

namespace alsa_utimer {

// What `sources` of a DatagramBuffers gets for each datagram: an IPv6 address, or an IPv4 address as IPv6
// maps it (RFC 4291, section 2.5.5.2), its port in network order, and two zeros.
inline constexpr std::size_t kSourceBytes = 20;

// Where received datagrams go: `count` of them, `bytes` each. `arrivals` gets when the kernel took each,
// nanoseconds of CLOCK_MONOTONIC, never less than before. `sources` may be null.
struct DatagramBuffers {
  std::uint8_t* data;
  std::size_t bytes;
  std::int32_t* lengths;
  std::size_t count;
  std::uint8_t* sources;
  std::int64_t* arrivals;
};

class DatagramSocket {
 public:
  // socket and bind. `shared`: for a group, with SO_REUSEADDR, and hearing only what this socket itself
  // joins. Throws SystemError, as everything here.
  DatagramSocket(const SocketAddress& local, bool shared);

  // SO_RCVBUFFORCE, or without CAP_NET_ADMIN SO_RCVBUF, which the kernel cuts to net.core.rmem_max. Returns
  // what it gave.
  int set_receive_buffer(int bytes);
  // SO_RXQ_OVFL: datagrams that the kernel dropped, as far as it has told with those that came.
  [[nodiscard]] std::uint32_t dropped() const noexcept { return dropped_; }
  // Not where a filter of ours drops as well: the kernel counts that too (net/ipv6/udp.c:
  // udpv6_queue_rcv_one_skb).
  [[nodiscard]] bool counts_drops() const noexcept { return !filtered_; }
  // MCAST_JOIN_GROUP, with a source MCAST_JOIN_SOURCE_GROUP. `interface` is an index, or 0 for the kernel's
  // choice, by which IPv6 hears the group at all interfaces that somebody joined it at.
  void join(const SocketAddress& group, std::uint32_t interface, const SocketAddress* source);
  // MCAST_LEAVE_GROUP: for all sources, and also where the interface is gone.
  void leave(const SocketAddress& group, std::uint32_t interface);
  [[nodiscard]] SocketAddress local() const { return SocketAddress::of(fd_.get()); }
  // Memory for receiving up to `count` datagrams at a time. Throws std::bad_alloc.
  void reserve(std::size_t count);
  // recvmmsg: the number of datagrams that were waiting, or a negated errno. Takes as many as reserve() was
  // given, at most.
  std::int64_t receive(const DatagramBuffers& buffers) noexcept;

  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }
  void close() noexcept { fd_.reset(); }

 private:
  // IP_MULTICAST_ALL for IPv4, SO_ATTACH_FILTER for IPv6.
  void hear_only(int family, std::uint32_t interface);
  // connect AF_UNSPEC: what a group of one link is heard at is up to hear_only().
  void unbind_interface();

  void read_control(msghdr& header, std::int64_t now, std::int64_t offset, std::int64_t& arrival) noexcept;

  // What the kernel tells beside a datagram: a time and a counter.
  struct alignas(cmsghdr) Control {
    std::array<std::uint8_t, CMSG_SPACE(sizeof(timespec)) + CMSG_SPACE(sizeof(std::uint32_t))> bytes;
  };

  UniqueFd fd_;
  bool filtered_ = false;
  std::uint32_t dropped_ = 0;
  std::int64_t last_arrival_ = 0;
  std::vector<Control> controls_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> buffers_;
  std::vector<sockaddr_in6> names_;
};

}  // namespace alsa_utimer
