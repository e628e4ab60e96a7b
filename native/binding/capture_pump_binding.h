// CapturePump in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "alsa/capture_pump.h"

namespace alsa_utimer::binding {

// What is behind a handle that createCapturePump returned; throws TypeError for anything else.
std::shared_ptr<CapturePump> unwrap_capture_pump(const Napi::Value& value);

}  // namespace alsa_utimer::binding
