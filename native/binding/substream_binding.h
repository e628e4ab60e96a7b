// Substream in JavaScript: openSubstream(folder).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_substream(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
