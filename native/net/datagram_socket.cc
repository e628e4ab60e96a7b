#include "net/datagram_socket.h"

#include <linux/filter.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "alsa/system_error.h"
#include "clock/gettime_reader.h"
#include "net/socket_calls.h"

namespace alsa_utimer {
namespace {

constexpr std::size_t kAddressBytes = 16;
// What the kernel takes at a time (UIO_MAXIOV; net/socket.c: do_recvmmsg).
constexpr std::size_t kMaxDatagrams = 1024;
// A reading of two clocks that is as fast as this says when a packet came.
constexpr std::int64_t kReadingNs = 2'000;

int level_of(const SocketAddress& group) noexcept {
  return group.family() == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

// Both families have room in sockaddr_in6, and their ports lie at the same place.
void copy_source(const sockaddr_in6& name, std::uint8_t* to) noexcept {
  std::memset(to, 0, kSourceBytes);
  std::memcpy(to + kAddressBytes, &name.sin6_port, sizeof name.sin6_port);
  if (name.sin6_family == AF_INET6) {
    std::memcpy(to, &name.sin6_addr, kAddressBytes);
    return;
  }
  sockaddr_in ipv4{};
  std::memcpy(&ipv4, &name, sizeof ipv4);
  to[10] = to[11] = 0xff;
  std::memcpy(to + 12, &ipv4.sin_addr, sizeof ipv4.sin_addr);
}

}  // namespace

DatagramSocket::DatagramSocket(const SocketAddress& local, bool shared)
    : fd_(open_udp_socket(local.family())) {
  if (shared) {
    const int on = 1;
    set_option(fd_.get(), SOL_SOCKET, SO_REUSEADDR, on, "setsockopt SO_REUSEADDR");
    hear_only(local.family(), local.as<sockaddr_in6>().sin6_scope_id);
  }
  const int on = 1;
  set_option(fd_.get(), SOL_SOCKET, SO_RXQ_OVFL, on, "setsockopt SO_RXQ_OVFL");
  set_option(fd_.get(), SOL_SOCKET, SO_TIMESTAMPNS, on, "setsockopt SO_TIMESTAMPNS");
  if (::bind(fd_.get(), local.raw(), local.length) != 0) {
    throw SystemError(errno, "bind");
  }
  const SocketAddress bound = this->local();
  if (shared && bound.family() == AF_INET6 && bound.as<sockaddr_in6>().sin6_scope_id != 0) {
    if (local.port() == 0) {
      // Only a port that was asked for survives that; shared, it can be bound while it is still held.
      *this = DatagramSocket(bound, shared);
      return;
    }
    unbind_interface();
  }
}

int DatagramSocket::set_receive_buffer(int bytes) {
  if (::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    set_option(fd_.get(), SOL_SOCKET, SO_RCVBUF, bytes, "setsockopt SO_RCVBUF");
  }
  int given = 0;
  socklen_t size = sizeof given;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &given, &size) != 0) {
    throw SystemError(errno, "getsockopt SO_RCVBUF");
  }
  // The kernel keeps as much again for what it needs itself, and tells both (socket(7)).
  return given / 2;
}

// By default a socket that is bound to a group gets what any socket of the machine has joined it for.
void DatagramSocket::hear_only(int family, std::uint32_t interface) {
  if (family == AF_INET) {
    const int off = 0;
    set_option(fd_.get(), IPPROTO_IP, IP_MULTICAST_ALL, off, "setsockopt IP_MULTICAST_ALL");
    return;
  }
  if (interface == 0) {
    return;
  }
  // IPv6 compares memberships with the group and the source only (net/ipv6/mcast.c: inet6_mc_check).
  // SO_BINDTODEVICE would need a privilege to change, where the interface is replaced.
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_IFINDEX)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, interface, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, std::numeric_limits<std::uint32_t>::max()),
      BPF_STMT(BPF_RET | BPF_K, 0),
  }};
  filtered_ = true;
  const sock_fprog filter{.len = program.size(), .filter = program.data()};
  set_option(fd_.get(), SOL_SOCKET, SO_ATTACH_FILTER, filter, "setsockopt SO_ATTACH_FILTER");
}

// A bind to a group of one link binds to the interface as well, and not to the one that takes its place. To
// disconnect undoes that without a privilege, and leaves the address (net/ipv4/udp.c: __udp_disconnect).
void DatagramSocket::unbind_interface() {
  const sockaddr none{.sa_family = AF_UNSPEC, .sa_data = {}};
  if (::connect(fd_.get(), &none, sizeof none) != 0) {
    throw SystemError(errno, "connect");
  }
}

void DatagramSocket::join(const SocketAddress& group, std::uint32_t interface, const SocketAddress* source) {
  if (source == nullptr) {
    const group_req request{.gr_interface = interface, .gr_group = group.storage};
    set_option(fd_.get(), level_of(group), MCAST_JOIN_GROUP, request, "setsockopt MCAST_JOIN_GROUP");
  } else {
    const group_source_req request{
        .gsr_interface = interface, .gsr_group = group.storage, .gsr_source = source->storage};
    set_option(fd_.get(), level_of(group), MCAST_JOIN_SOURCE_GROUP, request,
               "setsockopt MCAST_JOIN_SOURCE_GROUP");
  }
  hear_only(group.family(), interface);
}

void DatagramSocket::leave(const SocketAddress& group, std::uint32_t interface) {
  const group_req request{.gr_interface = interface, .gr_group = group.storage};
  set_option(fd_.get(), level_of(group), MCAST_LEAVE_GROUP, request, "setsockopt MCAST_LEAVE_GROUP");
}

void DatagramSocket::reserve(std::size_t count) {
  const std::size_t most = std::min(count, kMaxDatagrams);
  messages_.resize(most);
  buffers_.resize(most);
  names_.resize(most);
  controls_.resize(most);
}

std::int64_t DatagramSocket::receive(const DatagramBuffers& buffers) noexcept {
  const std::size_t count = std::min(buffers.count, messages_.size());
  for (std::size_t i = 0; i < count; ++i) {
    buffers_[i] = {.iov_base = buffers.data + i * buffers.bytes, .iov_len = buffers.bytes};
    msghdr& header = messages_[i].msg_hdr;
    header = {};
    header.msg_iov = &buffers_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].bytes.data();
    header.msg_controllen = controls_[i].bytes.size();
    if (buffers.sources != nullptr) {
      header.msg_name = &names_[i];
      header.msg_namelen = sizeof names_[i];
    }
  }
  int received = -1;
  do {
    received = ::recvmmsg(fd_.get(), messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT, nullptr);
  } while (received < 0 && errno == EINTR);
  if (received < 0) {
    return errno == EAGAIN ? 0 : -errno;
  }
  ClockReading realtime{};
  read_clock(CLOCK_REALTIME, kReadingNs, realtime);
  const std::int64_t offset = realtime.monotonic_ns - realtime.clock_ns;
  std::int64_t now = 0;
  gettime(CLOCK_MONOTONIC, now);
  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    buffers.lengths[i] = static_cast<std::int32_t>(messages_[i].msg_len);
    read_control(messages_[i].msg_hdr, now, offset, buffers.arrivals[i]);
    if (buffers.sources != nullptr) {
      copy_source(names_[i], buffers.sources + i * kSourceBytes);
    }
  }
  return received;
}

// `offset`: what CLOCK_MONOTONIC is ahead of the clock that the kernel stamps with, which may have been set
// since the stamp.
void DatagramSocket::read_control(msghdr& header, std::int64_t now, std::int64_t offset,
                                  std::int64_t& arrival) noexcept {
  std::int64_t stamped = now;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET) {
      continue;
    }
    if (part->cmsg_type == SCM_TIMESTAMPNS) {
      timespec time{};
      std::memcpy(&time, CMSG_DATA(part), sizeof time);
      stamped = nanoseconds_of(time.tv_sec, time.tv_nsec) + offset;
    } else if (part->cmsg_type == SO_RXQ_OVFL) {
      std::memcpy(&dropped_, CMSG_DATA(part), sizeof dropped_);
    }
  }
  last_arrival_ = std::clamp(stamped, std::min(last_arrival_, now), now);
  arrival = last_arrival_;
}

}  // namespace alsa_utimer
