// PeriodPump in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "alsa/period_pump.h"

namespace alsa_utimer::binding {

// The pump behind a handle that createPeriodPump returned; throws TypeError for anything else.
std::shared_ptr<PeriodPump> unwrap_period_pump(const Napi::Value& value);

}  // namespace alsa_utimer::binding
