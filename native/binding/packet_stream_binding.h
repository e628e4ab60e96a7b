// PacketStream in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "rtp/packet_stream.h"

namespace alsa_utimer::binding {

// What is behind a handle that openPacketStream returned; throws TypeError for anything else.
std::shared_ptr<PacketStream> unwrap_packet_stream(const Napi::Value& value);

[[nodiscard]] bool is_packet_stream(const Napi::Value& value);

}  // namespace alsa_utimer::binding
