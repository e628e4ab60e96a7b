// Arrivals in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "clock/arrivals.h"

namespace alsa_utimer::binding {

// What is behind a handle that createArrivals returned; throws TypeError for anything else.
std::shared_ptr<Arrivals> unwrap_arrivals(const Napi::Value& value);

[[nodiscard]] bool is_arrivals(const Napi::Value& value);

}  // namespace alsa_utimer::binding
