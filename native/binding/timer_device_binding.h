// enumerateTimers, timerGinfo, timerGinfos, timerGstatus and setTimerGparams: what is asked of the timer
// device without an instance.
#pragma once

#include <napi.h>

namespace alsa_utimer::binding {

void register_timer_device(Napi::Env env, Napi::Object exports);

}  // namespace alsa_utimer::binding
