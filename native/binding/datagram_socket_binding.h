// UDP sockets: openDatagramSocket(address, port, scope, shared), interfaceIndex(name).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_datagram_socket(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
