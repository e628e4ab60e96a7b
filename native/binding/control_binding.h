// Control in JavaScript: openControl(path).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_control(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
