// Utimer in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "alsa/utimer.h"

namespace alsa_utimer::binding {

// The timer behind a handle that createUtimer returned; throws TypeError for anything else.
std::shared_ptr<Utimer> unwrap_utimer(const Napi::Value& value);

}  // namespace alsa_utimer::binding
