// PlayedCable in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "clock/played_cable.h"

namespace alsa_utimer::binding {

// What is behind a handle that createPlayedCable returned; throws TypeError for anything else.
std::shared_ptr<PlayedCable> unwrap_played_cable(const Napi::Value& value);

[[nodiscard]] bool is_played_cable(const Napi::Value& value);

}  // namespace alsa_utimer::binding
