// PacedCable in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "clock/paced_cable.h"

namespace alsa_utimer::binding {

// What is behind a handle that createPacedCable returned; throws TypeError for anything else.
std::shared_ptr<PacedCable> unwrap_paced_cable(const Napi::Value& value);

[[nodiscard]] bool is_paced_cable(const Napi::Value& value);

}  // namespace alsa_utimer::binding
