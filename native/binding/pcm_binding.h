// Pcm in JavaScript.
#pragma once

#include <napi.h>

#include <memory>

#include "alsa/pcm.h"

namespace alsa_utimer::binding {

// The substream behind a handle that openPcm returned; throws TypeError for anything else.
std::shared_ptr<Pcm> unwrap_pcm(const Napi::Value& value);

}  // namespace alsa_utimer::binding
