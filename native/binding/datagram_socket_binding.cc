#include <net/if.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "alsa/system_error.h"
#include "binding/arguments.h"
#include "binding/callback.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/poll.h"
#include "binding/socket_address_arguments.h"
#include "net/datagram_socket.h"

namespace alsa_utimer::binding {
namespace {

// The memory of a typed array. Asked each time: it may have been transferred away, and is then empty.
template <typename Element>
struct Elements {
  Element* data = nullptr;
  std::size_t count = 0;

  Elements(napi_env env, napi_value array, napi_typedarray_type wanted) noexcept {
    napi_typedarray_type type{};
    std::size_t length = 0;
    void* memory = nullptr;
    if (napi_get_typedarray_info(env, array, &type, &length, &memory, nullptr, nullptr) == napi_ok &&
        type == wanted && memory != nullptr) {
      data = static_cast<Element*>(memory);
      count = length;
    }
  }
};

// A socket with its place in the event loop.
class PolledSocket final : public Poll {
 public:
  PolledSocket(napi_env env, DatagramSocket socket)
      : Poll(env, socket.descriptor()), socket_(std::move(socket)) {}
  ~PolledSocket() { close(); }

  [[nodiscard]] DatagramSocket& socket() {
    if (closed()) {
      throw ClosedError();
    }
    return socket_;
  }

  // Calls `callback` with what receive() returned, whenever that is not 0, and dropped(). `sources` may be
  // null.
  void listen(napi_value data, napi_value lengths, napi_value sources, napi_value arrivals,
              napi_value callback) {
    if (closed()) {
      throw ClosedError();
    }
    stop();
    forget_values();
    const DatagramBuffers buffers = buffers_of(data, lengths, sources, arrivals);
    socket_.reserve(buffers.count);
    has_sources_ = buffers.sources != nullptr;
    // A reference needs an object: where no sources are wanted, one that buffers_of() takes for none.
    const std::array<napi_value, 5> values{data, lengths, has_sources_ ? sources : lengths, arrivals,
                                           callback};
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (napi_create_reference(env(), values[i], 1, &references_[i]) != napi_ok) {
        throw Napi::Error::New(env());
      }
    }
    start();
  }

  [[nodiscard]] DatagramBuffers buffers_of(napi_value data, napi_value lengths, napi_value sources,
                                           napi_value arrivals) const noexcept {
    const Elements<std::uint8_t> bytes(env(), data, napi_uint8_array);
    const Elements<std::int32_t> counts(env(), lengths, napi_int32_array);
    const Elements<std::uint8_t> addresses(env(), sources, napi_uint8_array);
    const Elements<std::int64_t> times(env(), arrivals, napi_bigint64_array);
    const bool is_whole = addresses.count >= counts.count * kSourceBytes;
    return {.data = bytes.data,
            .bytes = counts.count == 0 ? 0 : bytes.count / counts.count,
            .lengths = counts.data,
            .count = counts.count,
            .sources = is_whole ? addresses.data : nullptr,
            .arrivals = times.count >= counts.count ? times.data : nullptr};
  }

 private:
  void deliver() noexcept override {
    std::array<napi_value, 5> values{};
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (references_[i] == nullptr ||
          napi_get_reference_value(env(), references_[i], &values[i]) != napi_ok) {
        return;
      }
    }
    const DatagramBuffers buffers = buffers_of(values[0], values[1], values[2], values[3]);
    if (buffers.bytes == 0 || buffers.arrivals == nullptr || (has_sources_ && buffers.sources == nullptr)) {
      stop();
      return;
    }
    const std::int64_t count = socket_.receive(buffers);
    if (count == 0) {
      return;
    }
    if (count < 0) {
      stop();
    }
    napi_value argument = nullptr;
    napi_value dropped = nullptr;
    if (napi_create_double(env(), static_cast<double>(count), &argument) == napi_ok &&
        napi_create_uint32(env(), socket_.dropped(), &dropped) == napi_ok) {
      call_javascript(values[4], {argument, dropped});
    }
  }

  void release() noexcept override {
    forget_values();
    socket_.close();
  }

  void forget_values() noexcept {
    for (napi_ref& reference : references_) {
      if (napi_ref held = std::exchange(reference, nullptr); held != nullptr) {
        napi_delete_reference(env(), held);
      }
    }
  }

  DatagramSocket socket_;
  std::array<napi_ref, 5> references_{};
  bool has_sources_ = false;
};

napi_value set_receive_buffer(PolledSocket& polled, const Napi::CallbackInfo& info) {
  const int given = polled.socket().set_receive_buffer(read_integer<std::int32_t>(info[0], "bytes"));
  return Napi::Number::New(info.Env(), given);
}

napi_value counts_drops(PolledSocket& polled, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), polled.socket().counts_drops());
}

napi_value join(PolledSocket& polled, const Napi::CallbackInfo& info) {
  const SocketAddress group = read_address(info[0], "group");
  const auto interface = read_integer<std::uint32_t>(info[1], "interface");
  if (info[2].IsNull()) {
    polled.socket().join(group, interface, nullptr);
  } else {
    const SocketAddress source = read_address(info[2], "source");
    polled.socket().join(group, interface, &source);
  }
  return nullptr;
}

napi_value leave(PolledSocket& polled, const Napi::CallbackInfo& info) {
  const SocketAddress group = read_address(info[0], "group");
  polled.socket().leave(group, read_integer<std::uint32_t>(info[1], "interface"));
  return nullptr;
}

napi_value local(PolledSocket& polled, const Napi::CallbackInfo& info) {
  const SocketAddress address = polled.socket().local();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("address", address.text());
  result.Set("port", address.port());
  return result;
}

napi_value listen(PolledSocket& polled, const Napi::CallbackInfo& info) {
  const DatagramBuffers buffers = polled.buffers_of(info[0], info[1], info[2], info[3]);
  if (buffers.data == nullptr || buffers.bytes == 0) {
    throw expected(info.Env(), "data, lengths", "a Uint8Array and a shorter Int32Array");
  }
  if (!info[2].IsNull() && buffers.sources == nullptr) {
    throw expected(info.Env(), "sources", "null or a Uint8Array with 20 bytes for each datagram");
  }
  if (buffers.arrivals == nullptr) {
    throw expected(info.Env(), "arrivals", "a BigInt64Array with one element for each datagram");
  }
  polled.listen(info[0], info[1], info[2], info[3], read_function(info[4], "callback"));
  return nullptr;
}

const HandleClass<PolledSocket>& socket_class() {
  using Sockets = HandleClass<PolledSocket>;
  static const Sockets kClass(
      "DatagramSocket", {0x5e1c7d0a92b64f38, 0x8b40f2d96a137ce5},
      {Sockets::method<set_receive_buffer>("setReceiveBuffer"), Sockets::method<counts_drops>("countsDrops"),
       Sockets::method<join>("join"), Sockets::method<leave>("leave"), Sockets::method<local>("local"),
       Sockets::method<listen>("listen")});
  return kClass;
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::uint16_t port = read_port(info[1]);
  const auto scope = read_integer<std::uint32_t>(info[2], "scope");
  const bool shared = read_boolean(info[3], "shared");
  const SocketAddress address = read_address(info[0], "address", port, scope);
  return socket_class().make(env, std::make_shared<PolledSocket>(env, DatagramSocket(address, shared)));
}

napi_value interface_index(const Napi::CallbackInfo& info) {
  const std::string name = read_string(info[0], "name");
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) {
    throw SystemError(errno, "if_nametoindex", name);
  }
  return Napi::Number::New(info.Env(), index);
}

constexpr std::array kEntries{
    Entry{"openDatagramSocket", entry<open>},
    Entry{"interfaceIndex", entry<interface_index>},
};

}  // namespace

Entries datagram_socket_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
