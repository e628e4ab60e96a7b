// Waiting for descriptors in the event loop of the environment: watchPcm(pcm, callback).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_readiness(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
