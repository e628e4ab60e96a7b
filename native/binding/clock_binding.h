// Clock in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "clock/clock.h"

namespace alsa_utimer::binding {

// The clock behind a handle that openClock or openClockDevice returned; throws TypeError for anything else.
std::shared_ptr<Clock> unwrap_clock(const Napi::Value& value);

}  // namespace alsa_utimer::binding
