#include "binding/clock_binding.h"

#include <array>
#include <cstdint>
#include <memory>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "clock/gettime_reader.h"

namespace alsa_utimer::binding {
namespace {

napi_value read(Clock& clock, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const ClockReading reading = clock.read();
  Napi::Object result = Napi::Object::New(env);
  result.Set("time", Napi::BigInt::New(env, reading.clock_ns));
  result.Set("monotonic", Napi::BigInt::New(env, reading.monotonic_ns));
  result.Set("delay", Napi::BigInt::New(env, reading.delay_ns));
  return result;
}

const HandleClass<Clock>& clock_class() {
  using Clocks = HandleClass<Clock>;
  static const Clocks kClass("Clock", {0x2f5c8e0ad94b4713, 0xb1e76d3c085fa429},
                             {Clocks::method<read>("read")});
  return kClass;
}

Napi::Object make(Napi::Env env, const std::shared_ptr<Clock>& clock) {
  Napi::Object handle = clock_class().make(env, clock);
  handle.Set("method", clock->method());
  return handle;
}

napi_value open(const Napi::CallbackInfo& info) {
  const auto id = read_integer<std::int32_t>(info[0], "id");
  const bool of_system = read_boolean(info[1], "ofSystem");
  return make(info.Env(), Clock::open(id, of_system, read_string(info[2], "name")));
}

napi_value open_device(const Napi::CallbackInfo& info) {
  return make(info.Env(), Clock::open_device(read_string(info[0], "path")));
}

napi_value interface_ptp(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), ptp_of_interface(read_string(info[0], "name")));
}

napi_value monotonic_time(const Napi::CallbackInfo& info) {
  std::int64_t now = 0;
  gettime(CLOCK_MONOTONIC, now);
  return Napi::BigInt::New(info.Env(), now);
}

constexpr std::array kEntries{
    Entry{"openClock", entry<open>},
    Entry{"openClockDevice", entry<open_device>},
    Entry{"interfacePtp", entry<interface_ptp>},
    Entry{"monotonicTime", entry<monotonic_time>},
};

}  // namespace

std::shared_ptr<Clock> unwrap_clock(const Napi::Value& value) {
  return clock_class().unwrap(value, "a handle of openClock");
}

Entries clock_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
