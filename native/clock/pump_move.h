// A period that a pump moves for a pacer.
#pragma once

#include <cstdint>

#include "alsa/period_pump.h"
#include "clock/pacer_target.h"

namespace alsa_utimer {

// As PacerTarget::move(): moves a period, or silence where it is null.
inline PacerTarget::Result move_by(PeriodPump& pump, const std::uint8_t* period,
                                   PacerTarget::Failure& failure) noexcept {
  IdleSilence::Failure why;
  switch (pump.move_now(period, why)) {
    case IdleSilence::Move::kMoved:
      return period == nullptr ? PacerTarget::Result::kSilence : PacerTarget::Result::kMoved;
    case IdleSilence::Move::kPostponed:
      return PacerTarget::Result::kPostponed;
    case IdleSilence::Move::kFailed:
      break;
  }
  failure = {why.error, why.call};
  return PacerTarget::Result::kFailed;
}

}  // namespace alsa_utimer
