#include "net/sending_socket.h"

#include <net/if.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "alsa/system_error.h"
#include "net/socket_calls.h"

namespace alsa_utimer {
namespace {

void bind_to(int descriptor, const SocketAddress& local) {
  if (::bind(descriptor, local.raw(), local.length) != 0) {
    throw SystemError(errno, "bind", local.endpoint());
  }
}

void choose_interface(int descriptor, const SendingSocket::Group& group) {
  if (group.via) {
    const ip_mreqn request{
        .imr_multiaddr = {}, .imr_address = group.via->as<sockaddr_in>().sin_addr, .imr_ifindex = 0};
    set_option(descriptor, IPPROTO_IP, IP_MULTICAST_IF, request, "setsockopt IP_MULTICAST_IF");
  }
  if (group.interface != 0) {
    set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_IF, group.interface, "setsockopt IPV6_MULTICAST_IF");
  }
}

void set_group(int descriptor, int family, const SendingSocket::Group& group) {
  choose_interface(descriptor, group);
  const int loop = group.loop ? 1 : 0;
  if (family == AF_INET) {
    set_option(descriptor, IPPROTO_IP, IP_MULTICAST_TTL, group.ttl, "setsockopt IP_MULTICAST_TTL");
    set_option(descriptor, IPPROTO_IP, IP_MULTICAST_LOOP, loop, "setsockopt IP_MULTICAST_LOOP");
  } else {
    set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, group.ttl, "setsockopt IPV6_MULTICAST_HOPS");
    set_option(descriptor, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, loop, "setsockopt IPV6_MULTICAST_LOOP");
  }
}

// Empty for 0, and for one that has just been removed.
std::string name_of(std::uint32_t interface) {
  std::array<char, IF_NAMESIZE> name{};
  return ::if_indextoname(interface, name.data()) == nullptr ? "" : name.data();
}

// 0 for none.
std::uint32_t interface_of(const std::string& name) noexcept {
  return name.empty() ? 0 : ::if_nametoindex(name.c_str());
}

}  // namespace

SendingSocket::SendingSocket(const Options& options)
    : fd_(open_udp_socket(options.to.family())),
      to_(options.to),
      group_(options.group),
      link_name_(options.to.family() == AF_INET6 ? name_of(options.to.as<sockaddr_in6>().sin6_scope_id) : ""),
      group_name_(options.group ? name_of(options.group->interface) : "") {
  bind_to(fd_.get(), options.local);
  if (options.group) {
    set_group(fd_.get(), to_.family(), *options.group);
  }
}

std::optional<SocketAddress> SendingSocket::origin(const Options& options) {
  const UniqueFd fd = open_udp_socket(options.to.family());
  try {
    if (options.group) {
      choose_interface(fd.get(), *options.group);
    }
    const std::optional<SocketAddress> local = SocketAddress::parse(options.local.text(), 0, 0);
    bind_to(fd.get(), local.value_or(SocketAddress::any(options.to.family(), 0)));
    if (::connect(fd.get(), options.to.raw(), options.to.length) != 0) {
      return std::nullopt;
    }
    return SocketAddress::of(fd.get());
  } catch (const SystemError&) {
    return std::nullopt;
  }
}

std::int64_t SendingSocket::send(iovec* datagrams, std::size_t count) noexcept {
  std::array<mmsghdr, kMost> messages{};
  const std::size_t most = std::min(count, kMost);
  for (std::size_t i = 0; i < most; ++i) {
    msghdr& header = messages[i].msg_hdr;
    header.msg_name = &to_.storage;
    header.msg_namelen = to_.length;
    header.msg_iov = datagrams + i;
    header.msg_iovlen = 1;
  }
  int sent = -1;
  do {
    sent = ::sendmmsg(fd_.get(), messages.data(), static_cast<unsigned>(most), 0);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    return sent;
  }
  const int error = errno;
  if (error != EAGAIN) {
    find_interfaces();
  }
  return -error;
}

// The kernel keeps the numbers of interfaces, and one that is made anew has another number.
void SendingSocket::find_interfaces() noexcept {
  if (const std::uint32_t link = interface_of(link_name_); link != 0) {
    auto address = to_.as<sockaddr_in6>();
    address.sin6_scope_id = link;
    std::memcpy(&to_.storage, &address, sizeof address);
  }
  if (!group_) {
    return;
  }
  if (const std::uint32_t interface = interface_of(group_name_); interface != 0) {
    group_->interface = interface;
  }
  try {
    choose_interface(fd_.get(), *group_);
  } catch (const SystemError&) {
    // It is away still, or has no address yet: the next packet that fails tries again.
  }
}

}  // namespace alsa_utimer
