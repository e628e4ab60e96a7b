// TimerInstance in JavaScript: openTimerInstance(path, timestamped).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_timer_instance(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
