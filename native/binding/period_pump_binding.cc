#include "binding/period_pump_binding.h"

#include <memory>

#include "alsa/period_pump.h"
#include "binding/arguments.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"
#include "binding/readiness.h"
#include "binding/utimer_binding.h"

namespace alsa_utimer::binding {
namespace {

using PumpHandle = Handle<PeriodPump>;

// What snd-aloop takes (sound/drivers/aloop.c: loopback_pcm_hardware).
constexpr std::uint32_t kMaxPeriodBytes = 1U << 20;

constexpr napi_type_tag kTag{0x2d0f5b7f9a6c4e11, 0xb3c8e1746f2a9d05};

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

napi_value hold(PeriodPump& pump, const Napi::CallbackInfo&) {
  pump.hold();
  return nullptr;
}

napi_value release(PeriodPump& pump, const Napi::CallbackInfo& info) {
  pump.release(read_integer<std::uint32_t>(info[0], "unread"));
  return nullptr;
}

napi_value watch_failure(PeriodPump& pump, const Napi::CallbackInfo& info) {
  return make_watcher(info.Env(), pump.failure());
}

napi_value stats(PeriodPump& pump, const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const PumpStats stats = pump.stats();
  Napi::Object result = Napi::Object::New(env);
  result.Set("periods", static_cast<double>(stats.periods));
  result.Set("insertedPeriods", static_cast<double>(stats.inserted_periods));
  result.Set("consumedBytes", static_cast<double>(stats.consumed_bytes));
  result.Set("xruns", static_cast<double>(stats.xruns));
  result.Set("insertedError", stats.inserted_error);
  result.Set("insertedCall", stats.inserted_call == nullptr ? "" : stats.inserted_call);
  Napi::Array costs = Napi::Array::New(env, PumpStats::kBuckets);
  for (std::uint32_t i = 0; i < PumpStats::kBuckets; ++i) {
    costs.Set(i, static_cast<double>(stats.trigger_costs[i]));
  }
  result.Set("triggerCosts", costs);
  return result;
}

napi_value close(PeriodPump& pump, const Napi::CallbackInfo&) {
  pump.close();
  return nullptr;
}

napi_value closed(PeriodPump& pump, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), pump.closed());
}

napi_value create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Pcm& pcm = unwrap_pcm(info[0]);
  Utimer& timer = unwrap_utimer(info[1]);
  const Napi::Object wanted = read_object(info[2], "parameters");
  const auto number = [&](const char* name) { return read_integer<std::uint32_t>(wanted.Get(name), name); };
  const PumpParameters parameters{.silence = static_cast<std::uint8_t>(number("silence")),
                                  .measure = read_boolean(wanted.Get("measure"), "measure"),
                                  .listener = read_string(wanted.Get("listener"), "listener")};
  // A pump of empty periods would move them for ever.
  if (!pcm.playback() || pcm.frame_bytes() == 0 ||
      pcm.period_frames() > kMaxPeriodBytes / pcm.frame_bytes()) {
    throw expected(env, "pcm", "a configured playback substream with periods of up to 1 MiB");
  }
  const auto pump =
      std::make_shared<PeriodPump>(pcm.shared_from_this(), timer.shared_from_this(), parameters);
  Napi::Object handle = PumpHandle::make(env, pump, kTag);
  PumpHandle::add_raw(env, handle, "write", write, pump);
  PumpHandle::add_raw(env, handle, "pendingBytes", pending_bytes, pump);
  PumpHandle::add<pad>(env, handle, "pad", pump);
  PumpHandle::add<restart>(env, handle, "restart", pump);
  PumpHandle::add<drop_partial_frame>(env, handle, "dropPartialFrame", pump);
  PumpHandle::add<keep_alive>(env, handle, "keepAlive", pump);
  PumpHandle::add<hold>(env, handle, "hold", pump);
  PumpHandle::add<release>(env, handle, "release", pump);
  PumpHandle::add<watch_failure>(env, handle, "watchFailure", pump);
  PumpHandle::add<stats>(env, handle, "stats", pump);
  PumpHandle::add<close>(env, handle, "close", pump);
  PumpHandle::add<closed>(env, handle, "closed", pump);
  return handle;
}

}  // namespace

void register_period_pump(Napi::Env env, Napi::Object exports) {
  exports.Set("createPeriodPump", make_function<create>(env, "createPeriodPump"));
}

}  // namespace alsa_utimer::binding
