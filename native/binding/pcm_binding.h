// Pcm in JavaScript: openPcm(path, playback, controlPath, subdevice).
#pragma once

#include <napi.h>

#include "alsa/pcm.h"

namespace alsa_utimer::binding {

void register_pcm(Napi::Env env, Napi::Object exports);

// The substream behind a handle that openPcm returned; throws TypeError for anything else.
Pcm& unwrap_pcm(const Napi::Value& value);

}  // namespace alsa_utimer::binding
