// Utimer in JavaScript: createUtimer(path, resolution) and utimerSupported(path).
#pragma once

#include <napi.h>

#include "alsa/utimer.h"

namespace alsa_utimer::binding {

void register_utimer(Napi::Env env, Napi::Object exports);

// The timer behind a handle that createUtimer returned; throws TypeError for anything else.
Utimer& unwrap_utimer(const Napi::Value& value);

}  // namespace alsa_utimer::binding
