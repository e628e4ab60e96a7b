#include "binding/packet_stream_binding.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "alsa/system_error.h"
#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/socket_address_arguments.h"
#include "binding/watcher_binding.h"

namespace alsa_utimer::binding {
namespace {

// Of a datagram of UDP over IPv4.
constexpr std::size_t kMaxPacketBytes = 65'507 - 12;
// As much as may wait, so that one that is wrong is an error of its own.
constexpr std::size_t kMaxQueueBytes = std::size_t{1} << 30;

Napi::Number number(const Napi::CallbackInfo& info, double value) {
  return Napi::Number::New(info.Env(), value);
}

napi_value write(PacketStream& stream, const Napi::CallbackInfo& info) {
  const Bytes bytes = read_bytes(info[0], "bytes");
  check_open(stream);
  const std::uint64_t packets = stream.write(bytes.data, bytes.length);
  stream.send();
  return number(info, static_cast<double>(packets));
}

napi_value flush(PacketStream& stream, const Napi::CallbackInfo&) {
  check_open(stream);
  stream.flush();
  stream.send();
  return nullptr;
}

napi_value skip(PacketStream& stream, const Napi::CallbackInfo& info) {
  const auto frames = read_integer<std::uint32_t>(info[0], "frames");
  check_open(stream);
  stream.skip(frames);
  stream.send();
  return nullptr;
}

napi_value send(PacketStream& stream, const Napi::CallbackInfo&) {
  check_open(stream);
  stream.send();
  return nullptr;
}

napi_value room(PacketStream& stream, const Napi::CallbackInfo& info) {
  return number(info, static_cast<double>(stream.room(read_integer<std::uint32_t>(info[0], "packets"))));
}

napi_value queued(PacketStream& stream, const Napi::CallbackInfo& info) {
  return number(info, static_cast<double>(stream.queued()));
}

napi_value timestamp(PacketStream& stream, const Napi::CallbackInfo& info) {
  return number(info, stream.timestamp());
}

napi_value stats(PacketStream& stream, const Napi::CallbackInfo& info) {
  const PacketStats stats = stream.stats();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("sent", static_cast<double>(stats.sent));
  result.Set("dropped", static_cast<double>(stats.dropped));
  result.Set("failed", static_cast<double>(stats.failed));
  result.Set("frames", static_cast<double>(stats.frames));
  result.Set("waitingFrames", static_cast<double>(stream.waiting_frames()));
  result.Set("error", stats.last_error);
  return result;
}

napi_value begin_pacing(PacketStream& stream, const Napi::CallbackInfo& info) {
  const Napi::Object wanted = read_object(info[0], "policy");
  PacketPolicy policy{.packets_per_end = read_positive(wanted, "packetsPerEnd"),
                      .first_packets = read_positive(wanted, "firstPackets"),
                      .most_owed = read_positive(wanted, "mostOwed"),
                      .media_offset = std::nullopt};
  if (const Napi::Value offset = wanted.Get("mediaOffset"); !offset.IsNull()) {
    policy.media_offset = read_integer<std::uint32_t>(offset, "mediaOffset");
  }
  stream.begin_pacing(policy);
  return nullptr;
}

napi_value end_pacing(PacketStream& stream, const Napi::CallbackInfo&) {
  stream.end_pacing();
  return nullptr;
}

napi_value await_taken(PacketStream& stream, const Napi::CallbackInfo& info) {
  stream.queue().await_taken(read_integer<std::uint32_t>(info[0], "packets"));
  return nullptr;
}

napi_value watch_taken(PacketStream& stream, const Napi::CallbackInfo& info) {
  check_open(stream);
  return make_watcher(info.Env(), stream.queue().taken_event());
}

napi_value watch_room(PacketStream& stream, const Napi::CallbackInfo& info) {
  check_open(stream);
  return make_watcher(info.Env(), stream.room_event(), Poll::Want::kRoom);
}

const HandleClass<PacketStream>& packet_stream_class() {
  using Streams = HandleClass<PacketStream>;
  static const Streams kClass(
      "PacketStream", {0x2f86d1c4097eb35a, 0xb04e7d9136fc28a5},
      {Streams::method<write>("write"), Streams::method<flush>("flush"), Streams::method<skip>("skip"),
       Streams::method<send>("send"), Streams::method<room>("room"), Streams::method<queued>("queued"),
       Streams::method<timestamp>("timestamp"), Streams::method<stats>("stats"),
       Streams::method<begin_pacing>("beginPacing"), Streams::method<end_pacing>("endPacing"),
       Streams::method<await_taken>("awaitTaken"), Streams::method<watch_taken>("watchTaken"),
       Streams::method<watch_room>("watchRoom")});
  return kClass;
}

SendingSocket::Options read_route(const Napi::Value& value) {
  const Napi::Object wanted = read_object(value, "route");
  const SocketAddress to = read_address(wanted.Get("address"), "address", read_port(wanted.Get("port")),
                                        read_integer<std::uint32_t>(wanted.Get("scope"), "scope"));
  const std::uint16_t port = read_port(wanted.Get("localPort"));
  const Napi::Value local = wanted.Get("localAddress");
  SendingSocket::Options options{
      .to = to,
      .local = local.IsNull()
                   ? SocketAddress::any(to.family(), port)
                   : read_address(local, "localAddress", port,
                                  read_integer<std::uint32_t>(wanted.Get("localScope"), "localScope")),
      .group = std::nullopt};
  const Napi::Value group = wanted.Get("group");
  if (!group.IsNull()) {
    const Napi::Object given = read_object(group, "group");
    const Napi::Value via = given.Get("via");
    options.group = {.via = via.IsNull() ? std::nullopt : std::optional(read_address(via, "via")),
                     .interface = read_integer<std::uint32_t>(given.Get("interface"), "interface"),
                     .ttl = read_integer<std::int32_t>(given.Get("ttl"), "ttl"),
                     .loop = read_boolean(given.Get("loop"), "loop")};
  }
  return options;
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SendingSocket::Options route = read_route(info[0]);
  const Napi::Object wanted = read_object(info[1], "packets");
  const PacketParameters parameters{
      .payload_type = static_cast<std::uint8_t>(
          read_integer<std::uint32_t>(wanted.Get("payloadType"), "payloadType") & 0x7f),
      .ssrc = read_integer<std::uint32_t>(wanted.Get("ssrc"), "ssrc"),
      .sequence = static_cast<std::uint16_t>(read_integer<std::uint32_t>(wanted.Get("sequence"), "sequence")),
      .timestamp = read_integer<std::uint32_t>(wanted.Get("timestamp"), "timestamp"),
      .packet_frames = read_positive(wanted, "packetFrames"),
      .frame_bytes = read_positive(wanted, "frameBytes")};
  const std::size_t bytes = std::size_t{parameters.packet_frames} * parameters.frame_bytes;
  const std::uint32_t packets = read_positive(wanted, "queuedPackets");
  if (bytes > kMaxPacketBytes) {
    throw expected(env, "packetFrames", "as many as fit into a datagram");
  }
  if (packets > kMaxQueueBytes / bytes) {
    throw expected(env, "queuedPackets", "1 GiB of packets at most");
  }
  return packet_stream_class().make(
      env, std::make_shared<PacketStream>(SendingSocket(route), parameters, packets));
}

napi_value find_origin(const Napi::CallbackInfo& info) {
  const std::optional<SocketAddress> origin = SendingSocket::origin(read_route(info[0]));
  return origin ? Napi::Value(Napi::String::New(info.Env(), origin->text())) : info.Env().Null();
}

constexpr std::array kEntries{Entry{"openPacketStream", entry<open>},
                              Entry{"findOrigin", entry<find_origin>}};

}  // namespace

std::shared_ptr<PacketStream> unwrap_packet_stream(const Napi::Value& value) {
  return packet_stream_class().unwrap(value, "a handle of openPacketStream");
}

bool is_packet_stream(const Napi::Value& value) { return packet_stream_class().is_handle(value); }

Entries packet_stream_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
