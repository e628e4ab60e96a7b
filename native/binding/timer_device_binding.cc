#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "alsa/timer_device.h"
#include "binding/arguments.h"
#include "binding/entries.h"

namespace alsa_utimer::binding {
namespace {

// class, card, device, subdevice
constexpr std::size_t kNumbers = 4;

TimerAddress read_address(const Napi::CallbackInfo& info, std::size_t first) {
  const auto number = [&](std::size_t index, const char* name) {
    return read_integer<std::int32_t>(info[first + index], name);
  };
  return {.device_class = number(0, "class"),
          .card = number(1, "card"),
          .device = number(2, "device"),
          .subdevice = number(3, "subdevice")};
}

Napi::Object describe(Napi::Env env, const TimerGinfo& timer) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("flags", timer.flags);
  result.Set("card", timer.card);
  result.Set("id", timer.id);
  result.Set("name", timer.name);
  result.Set("resolution", Napi::BigInt::New(env, timer.resolution));
  result.Set("resolutionMin", Napi::BigInt::New(env, timer.resolution_min));
  result.Set("resolutionMax", Napi::BigInt::New(env, timer.resolution_max));
  result.Set("clients", timer.clients);
  return result;
}

napi_value timer_ginfo(const Napi::CallbackInfo& info) {
  const std::string path = read_string(info[0], "path");
  return describe(info.Env(), ginfo(path, read_address(info, 1)));
}

napi_value timer_ginfos(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = read_string(info[0], "path");
  if (!info[1].IsTypedArray() || info[1].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    throw expected(env, "addresses", "an Int32Array");
  }
  const auto numbers = info[1].As<Napi::Int32Array>();
  std::vector<TimerAddress> addresses(numbers.ElementLength() / kNumbers);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::int32_t* const address = numbers.Data() + i * kNumbers;
    addresses[i] = {address[0], address[1], address[2], address[3]};
  }
  const std::vector<std::optional<TimerGinfo>> timers = ginfo_of_each(path, addresses);
  Napi::Array result = Napi::Array::New(env, timers.size());
  for (std::uint32_t i = 0; i < timers.size(); ++i) {
    result.Set(i, timers[i] ? Napi::Value(describe(env, *timers[i])) : env.Null());
  }
  return result;
}

napi_value timer_gstatus(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = read_string(info[0], "path");
  const TimerGstatus status = gstatus(path, read_address(info, 1));
  Napi::Object result = Napi::Object::New(env);
  result.Set("resolution", Napi::BigInt::New(env, status.resolution));
  result.Set("numerator", Napi::BigInt::New(env, status.resolution_numerator));
  result.Set("denominator", Napi::BigInt::New(env, status.resolution_denominator));
  return result;
}

napi_value set_timer_gparams(const Napi::CallbackInfo& info) {
  const std::string path = read_string(info[0], "path");
  const TimerAddress address = read_address(info, 1);
  set_gparams(path, address, read_uint64(info[5], "numerator"), read_uint64(info[6], "denominator"));
  return nullptr;
}

napi_value enumerate(const Napi::CallbackInfo& info) {
  const std::vector<TimerAddress> timers = enumerate_timers(read_string(info[0], "path"));
  Napi::Int32Array result = Napi::Int32Array::New(info.Env(), timers.size() * kNumbers);
  for (std::size_t i = 0; i < timers.size(); ++i) {
    const TimerAddress& timer = timers[i];
    const std::int32_t numbers[kNumbers] = {timer.device_class, timer.card, timer.device, timer.subdevice};
    std::copy_n(numbers, kNumbers, result.Data() + i * kNumbers);
  }
  return result;
}

constexpr std::array kEntries{
    Entry{"enumerateTimers", entry<enumerate>},         Entry{"timerGinfo", entry<timer_ginfo>},
    Entry{"timerGinfos", entry<timer_ginfos>},          Entry{"timerGstatus", entry<timer_gstatus>},
    Entry{"setTimerGparams", entry<set_timer_gparams>},
};

}  // namespace

Entries timer_device_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
