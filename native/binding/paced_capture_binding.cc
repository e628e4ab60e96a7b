#include "binding/paced_capture_binding.h"

#include <array>
#include <memory>

#include "binding/arguments.h"
#include "binding/capture_pump_binding.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/watcher_binding.h"

namespace alsa_utimer::binding {
namespace {

// As much as a queue may have, so that one that is wrong is an error of its own.
constexpr std::size_t kMaxQueueBytes = std::size_t{1} << 28;

napi_value read(PacedCapture& capture, const Napi::CallbackInfo& info) {
  const Bytes bytes = read_bytes(info[0], "bytes");
  if (bytes.length % capture.period_bytes() != 0) {
    throw expected(info.Env(), "bytes", "a whole number of periods");
  }
  const std::size_t periods = capture.read(bytes.data, bytes.length / capture.period_bytes());
  return Napi::Number::New(info.Env(), static_cast<double>(periods));
}

napi_value waiting(PacedCapture& capture, const Napi::CallbackInfo& info) {
  const PacedCapture::Waiting waiting = capture.waiting();
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("periods", static_cast<double>(waiting.periods));
  result.Set("alike", static_cast<double>(waiting.alike));
  result.Set("content", static_cast<double>(waiting.content));
  return result;
}

napi_value lost(PacedCapture& capture, const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(capture.lost()));
}

napi_value await_moved(PacedCapture& capture, const Napi::CallbackInfo&) {
  capture.await_moved();
  return nullptr;
}

napi_value watch_moved(PacedCapture& capture, const Napi::CallbackInfo& info) {
  return make_watcher(info.Env(), capture.moved_event());
}

const HandleClass<PacedCapture>& paced_capture_class() {
  using Captures = HandleClass<PacedCapture>;
  static const Captures kClass(
      "PacedCapture", {0x2f9c84d1e63b07a5, 0xb51e7d0a93c248f6},
      {Captures::method<read>("read"), Captures::method<waiting>("waiting"), Captures::method<lost>("lost"),
       Captures::method<await_moved>("awaitMoved"), Captures::method<watch_moved>("watchMoved")});
  return kClass;
}

napi_value create(const Napi::CallbackInfo& info) {
  const std::shared_ptr<CapturePump> pump = unwrap_capture_pump(info[0]);
  const auto periods = read_integer<std::uint32_t>(info[1], "periods");
  if (periods == 0 || periods > kMaxQueueBytes / pump->period_bytes()) {
    throw expected(info.Env(), "periods", "1 or more, of 256 MiB at most");
  }
  return paced_capture_class().make(info.Env(), std::make_shared<PacedCapture>(pump, periods));
}

constexpr std::array kEntries{Entry{"createPacedCapture", entry<create>}};

}  // namespace

std::shared_ptr<PacedCapture> unwrap_paced_capture(const Napi::Value& value) {
  return paced_capture_class().unwrap(value, "a handle of createPacedCapture");
}

bool is_paced_capture(const Napi::Value& value) { return paced_capture_class().is_handle(value); }

Entries paced_capture_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
