// PacedCapture in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "clock/paced_capture.h"

namespace alsa_utimer::binding {

// What is behind a handle that createPacedCapture returned; throws TypeError for anything else.
std::shared_ptr<PacedCapture> unwrap_paced_capture(const Napi::Value& value);

[[nodiscard]] bool is_paced_capture(const Napi::Value& value);

}  // namespace alsa_utimer::binding
