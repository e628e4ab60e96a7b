#include "binding/period_pump_binding.h"

#include <array>
#include <memory>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"
#include "binding/utimer_binding.h"
#include "binding/watcher_binding.h"

namespace alsa_utimer::binding {
namespace {

// What snd-aloop takes (sound/drivers/aloop.c: loopback_pcm_hardware).
constexpr std::uint32_t kMaxPeriodBytes = 1U << 20;

// The hot path: one call a write, however many periods it moves. Returns nothing, since it takes all or
// throws.
napi_value write(napi_env env, napi_callback_info info) noexcept {
  return guarded(env, [&]() -> napi_value {
    std::size_t count = 1;
    napi_value argument = nullptr;
    void* data = nullptr;
    if (napi_get_cb_info(env, info, &count, &argument, nullptr, &data) != napi_ok) {
      return nullptr;
    }
    napi_typedarray_type type{};
    std::size_t length = 0;
    void* bytes = nullptr;
    if (napi_get_typedarray_info(env, argument, &type, &length, &bytes, nullptr, nullptr) != napi_ok ||
        type != napi_uint8_array) {
      throw expected(env, "bytes", "a Uint8Array");
    }
    static_cast<PeriodPump*>(data)->write(static_cast<const std::uint8_t*>(bytes), length);
    return nullptr;
  });
}

// As hot: each send asks.
napi_value pending_bytes(napi_env env, napi_callback_info info) noexcept {
  void* data = nullptr;
  napi_value result = nullptr;
  if (napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data) == napi_ok) {
    napi_create_double(env, static_cast<double>(static_cast<PeriodPump*>(data)->pending_bytes()), &result);
  }
  return result;
}

napi_value pad(PeriodPump& pump, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(pump.pad()));
}

napi_value restart(PeriodPump& pump, const Napi::CallbackInfo& info) {
  pump.restart(read_boolean(info[0], "forget"));
  return nullptr;
}

napi_value drop_partial_frame(PeriodPump& pump, const Napi::CallbackInfo&) {
  pump.drop_partial_frame();
  return nullptr;
}

// Few enough to be added to a time.
std::uint64_t read_nanoseconds(const Napi::Value& value, const char* name) {
  const std::uint64_t number = read_uint64(value, name);
  if (number > std::uint64_t{1} << 53) {
    throw expected(value.Env(), name, "a bigint of 0..2^53 nanoseconds");
  }
  return number;
}

napi_value keep_alive(PeriodPump& pump, const Napi::CallbackInfo& info) {
  pump.keep_alive(read_nanoseconds(info[0], "period"), read_nanoseconds(info[1], "grace"));
  return nullptr;
}

napi_value pause_silence(PeriodPump& pump, const Napi::CallbackInfo&) {
  pump.pause_silence();
  return nullptr;
}

napi_value resume_silence(PeriodPump& pump, const Napi::CallbackInfo& info) {
  pump.resume_silence(read_integer<std::uint32_t>(info[0], "unread"));
  return nullptr;
}

napi_value watch_failure(PeriodPump& pump, const Napi::CallbackInfo& info) {
  return make_watcher(info.Env(), pump.failure_event());
}

napi_value stats(PeriodPump& pump, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const PumpStats stats = pump.stats();
  Napi::Object result = Napi::Object::New(env);
  result.Set("periods", static_cast<double>(stats.periods));
  result.Set("insertedPeriods", static_cast<double>(stats.inserted_periods));
  result.Set("consumedBytes", static_cast<double>(stats.consumed_bytes));
  result.Set("xruns", static_cast<double>(stats.xruns));
  result.Set("insertedError", stats.inserting.error);
  result.Set("insertedCall", stats.inserting.call == nullptr ? "" : stats.inserting.call);
  Napi::Array costs = Napi::Array::New(env, PumpStats::kBuckets);
  for (std::uint32_t i = 0; i < PumpStats::kBuckets; ++i) {
    costs.Set(i, static_cast<double>(stats.trigger_costs[i]));
  }
  result.Set("triggerCosts", costs);
  return result;
}

const HandleClass<PeriodPump>& pump_class() {
  using Pumps = HandleClass<PeriodPump>;
  static const Pumps kClass(
      "PeriodPump", {0x2d0f5b7f9a6c4e11, 0xb3c8e1746f2a9d05},
      {Pumps::method<pad>("pad"), Pumps::method<restart>("restart"),
       Pumps::method<drop_partial_frame>("dropPartialFrame"), Pumps::method<keep_alive>("keepAlive"),
       Pumps::method<pause_silence>("pauseSilence"), Pumps::method<resume_silence>("resumeSilence"),
       Pumps::method<watch_failure>("watchFailure"), Pumps::method<stats>("stats")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::shared_ptr<Pcm> pcm = unwrap_pcm(info[0]);
  const std::shared_ptr<Utimer> timer = unwrap_utimer(info[1]);
  const Napi::Object wanted = read_object(info[2], "parameters");
  const auto number = [&](const char* name) { return read_integer<std::uint32_t>(wanted.Get(name), name); };
  const PumpParameters parameters{.silence = static_cast<std::uint8_t>(number("silence")),
                                  .measure = read_boolean(wanted.Get("measure"), "measure"),
                                  .listener = read_string(wanted.Get("listener"), "listener")};
  // A pump of empty periods would move them for ever.
  if (!pcm->playback() || pcm->frame_bytes() == 0 ||
      pcm->period_frames() > kMaxPeriodBytes / pcm->frame_bytes()) {
    throw expected(env, "pcm", "a configured playback substream with periods of up to 1 MiB");
  }
  const auto pump = std::make_shared<PeriodPump>(pcm, timer, parameters);
  Napi::Object handle = pump_class().make(env, pump);
  HandleClass<PeriodPump>::add_function(env, handle, "write", write, pump);
  HandleClass<PeriodPump>::add_function(env, handle, "pendingBytes", pending_bytes, pump);
  return handle;
}

constexpr std::array kEntries{Entry{"createPeriodPump", entry<create>}};

}  // namespace

std::shared_ptr<PeriodPump> unwrap_period_pump(const Napi::Value& value) {
  return pump_class().unwrap(value, "a handle of createPeriodPump");
}

Entries period_pump_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
