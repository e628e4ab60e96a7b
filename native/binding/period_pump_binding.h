// PeriodPump in JavaScript: createPeriodPump(pcm, timer, parameters).
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_period_pump(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
