// TimerInstance in JavaScript.
#pragma once

#include <napi.h>

#include "alsa/timer_instance.h"

namespace alsa_utimer::binding {

[[nodiscard]] bool is_timer_instance(const Napi::Value& value);
// The instance behind a handle that openTimerInstance returned, by a descriptor of its own; throws TypeError
// for anything else, SystemError, ClosedError.
[[nodiscard]] TimerInstance duplicate_timer_instance(const Napi::Value& value);

}  // namespace alsa_utimer::binding
