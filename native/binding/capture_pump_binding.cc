#include "binding/capture_pump_binding.h"

#include <array>
#include <memory>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"
#include "binding/utimer_binding.h"

namespace alsa_utimer::binding {
namespace {

napi_value start(CapturePump& pump, const Napi::CallbackInfo&) {
  pump.start();
  return nullptr;
}

// One call a read, however many periods it moves.
napi_value read(CapturePump& pump, const Napi::CallbackInfo& info) {
  const Bytes bytes = read_bytes(info[0], "bytes");
  if (bytes.length % pump.period_bytes() != 0) {
    throw expected(info.Env(), "bytes", "a whole number of periods");
  }
  const std::size_t periods = pump.read(bytes.data, bytes.length / pump.period_bytes());
  return Napi::Number::New(info.Env(), static_cast<double>(periods));
}

napi_value stats(CapturePump& pump, const Napi::CallbackInfo& info) {
  const CapturePumpStats stats = pump.stats();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("periods", static_cast<double>(stats.periods));
  result.Set("silentPeriods", static_cast<double>(stats.silent_periods));
  result.Set("underruns", static_cast<double>(stats.underruns));
  result.Set("xruns", static_cast<double>(stats.xruns));
  result.Set("lostPeriods", static_cast<double>(stats.lost_periods));
  return result;
}

const HandleClass<CapturePump>& pump_class() {
  using Pumps = HandleClass<CapturePump>;
  static const Pumps kClass(
      "CapturePump", {0x7a1d93c05be84f26, 0x8e40b2d96713ca5f},
      {Pumps::method<start>("start"), Pumps::method<read>("read"), Pumps::method<stats>("stats")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<Pcm> pcm = unwrap_pcm(info[0]);
  const std::shared_ptr<Utimer> timer = unwrap_utimer(info[1]);
  const Napi::Object wanted = read_object(info[2], "parameters");
  const auto silence = read_integer<std::uint32_t>(wanted.Get("silence"), "silence");
  const CapturePumpParameters parameters{.silence = static_cast<std::uint8_t>(silence),
                                         .stalls = read_boolean(wanted.Get("stalls"), "stalls"),
                                         .player = read_string(wanted.Get("player"), "player")};
  if (pcm->playback() || pcm->frame_bytes() == 0) {
    throw expected(env, "pcm", "a configured capture substream");
  }
  return pump_class().make(env, std::make_shared<CapturePump>(pcm, timer, parameters));
}

constexpr std::array kEntries{Entry{"createCapturePump", entry<create>}};

}  // namespace

std::shared_ptr<CapturePump> unwrap_capture_pump(const Napi::Value& value) {
  return pump_class().unwrap(value, "a handle of createCapturePump");
}

Entries capture_pump_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
