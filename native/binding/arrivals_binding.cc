#include "binding/arrivals_binding.h"

#include <array>
#include <memory>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"

namespace alsa_utimer::binding {
namespace {

// What a line reckons with.
std::int64_t read_time(const Napi::Value& value, const char* name) {
  const std::uint64_t time = read_uint64(value, name);
  if (time > std::uint64_t{1} << 62) {
    throw expected(value.Env(), name, "a bigint of 0..2^62 nanoseconds");
  }
  return static_cast<std::int64_t>(time);
}

napi_value add(Arrivals& arrivals, const Napi::CallbackInfo& info) {
  arrivals.add(read_time(info[0], "arrival"), read_time(info[1], "mediaTime"));
  return nullptr;
}

napi_value time_at(Arrivals& arrivals, const Napi::CallbackInfo& info) {
  return Napi::BigInt::New(info.Env(), arrivals.time_at(read_time(info[0], "monotonic")));
}

const HandleClass<Arrivals>& arrivals_class() {
  using Handles = HandleClass<Arrivals>;
  static const Handles kClass("Arrivals", {0x71d3f0a68c2e49b5, 0xc4092b7ed51f8a63},
                              {Handles::method<add>("add"), Handles::method<time_at>("timeAt")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const std::int64_t quiet = read_time(info[0], "quiet");
  if (quiet == 0) {
    throw expected(info.Env(), "quiet", "1 or more");
  }
  return arrivals_class().make(info.Env(), std::make_shared<Arrivals>(quiet));
}

constexpr std::array kEntries{Entry{"createArrivals", entry<create>}};

}  // namespace

std::shared_ptr<Arrivals> unwrap_arrivals(const Napi::Value& value) {
  return arrivals_class().unwrap(value, "a handle of createArrivals");
}

bool is_arrivals(const Napi::Value& value) { return arrivals_class().is_handle(value); }

Entries arrivals_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
