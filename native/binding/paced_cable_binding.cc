#include "binding/paced_cable_binding.h"

#include <array>
#include <memory>

#include "binding/arguments.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/period_pump_binding.h"
#include "binding/watcher_binding.h"

namespace alsa_utimer::binding {
namespace {

// As much as a queue may have, so that one that is wrong is an error of its own.
constexpr std::size_t kMaxQueueBytes = std::size_t{1} << 28;

Napi::Number number(const Napi::CallbackInfo& info, std::size_t value) {
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

napi_value write(PacedCable& cable, const Napi::CallbackInfo& info) {
  const Bytes bytes = read_bytes(info[0], "bytes");
  check_open(cable);
  if (bytes.length > cable.queue().room()) {
    throw expected(info.Env(), "bytes", "no more than there is room for");
  }
  cable.queue().write(bytes.data, bytes.length);
  return nullptr;
}

napi_value room(PacedCable& cable, const Napi::CallbackInfo& info) {
  return number(info, cable.queue().room());
}

napi_value queued(PacedCable& cable, const Napi::CallbackInfo& info) {
  return number(info, cable.queue().queued());
}

napi_value pending_bytes(PacedCable& cable, const Napi::CallbackInfo& info) {
  return number(info, cable.queue().pending());
}

napi_value pad(PacedCable& cable, const Napi::CallbackInfo& info) {
  check_open(cable);
  return number(info, cable.queue().pad(cable.pump().silence()));
}

napi_value drop_partial_frame(PacedCable& cable, const Napi::CallbackInfo& info) {
  const auto frame_bytes = read_integer<std::uint32_t>(info[0], "frameBytes");
  if (frame_bytes == 0) {
    throw expected(info.Env(), "frameBytes", "1 or more");
  }
  cable.queue().drop_partial_frame(frame_bytes);
  return nullptr;
}

napi_value await_taken(PacedCable& cable, const Napi::CallbackInfo&) {
  cable.queue().await_taken();
  return nullptr;
}

napi_value watch_taken(PacedCable& cable, const Napi::CallbackInfo& info) {
  check_open(cable);
  return make_watcher(info.Env(), cable.queue().taken_event());
}

const HandleClass<PacedCable>& paced_cable_class() {
  using Cables = HandleClass<PacedCable>;
  static const Cables kClass(
      "PacedCable", {0x4c8f07e2d16ba935, 0x97a2e5b01f3c6d84},
      {Cables::method<write>("write"), Cables::method<room>("room"), Cables::method<queued>("queued"),
       Cables::method<pad>("pad"), Cables::method<pending_bytes>("pendingBytes"),
       Cables::method<drop_partial_frame>("dropPartialFrame"), Cables::method<await_taken>("awaitTaken"),
       Cables::method<watch_taken>("watchTaken")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const std::shared_ptr<PeriodPump> pump = unwrap_period_pump(info[0]);
  const auto periods = read_integer<std::uint32_t>(info[1], "periods");
  const bool silent = read_boolean(info[2], "silent");
  if (periods == 0 || periods > kMaxQueueBytes / pump->period_bytes()) {
    throw expected(info.Env(), "periods", "1 or more, of 256 MiB at most");
  }
  return paced_cable_class().make(info.Env(), std::make_shared<PacedCable>(pump, periods, silent));
}

constexpr std::array kEntries{Entry{"createPacedCable", entry<create>}};

}  // namespace

std::shared_ptr<PacedCable> unwrap_paced_cable(const Napi::Value& value) {
  return paced_cable_class().unwrap(value, "a handle of createPacedCable");
}

bool is_paced_cable(const Napi::Value& value) { return paced_cable_class().is_handle(value); }

Entries paced_cable_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
