#include <array>
#include <memory>
#include <string>
#include <vector>

#include "alsa/control.h"
#include "binding/arguments.h"
#include "binding/callback.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/poll.h"
#include "binding/polled.h"

namespace alsa_utimer::binding {
namespace {

// Waits until changes are announced.
class ControlPoll final : public Poll {
 public:
  ControlPoll(napi_env env, Control& control)
      : Poll(env, control.descriptor()), control_(control), callback_(env) {}
  ~ControlPoll() { close(); }

  void listen(napi_value callback) {
    callback_.keep(callback);
    start();
  }

 private:
  // An error (the card has gone, say) is an event too, which reading explains.
  void deliver() noexcept override {
    if (napi_value callback = callback_.get(); callback != nullptr) {
      call_javascript(callback, {});
    }
  }

  void release() noexcept override {
    callback_.drop();
    control_.close();
  }

  Control& control_;
  Callback callback_;
};

using PolledControl = Polled<Control, ControlPoll>;

napi_value find(PolledControl& polled, const Napi::CallbackInfo& info) {
  const std::uint32_t number =
      polled.device().find({.interface = read_integer<std::int32_t>(info[0], "interface"),
                            .device = read_integer<std::uint32_t>(info[1], "device"),
                            .subdevice = read_integer<std::uint32_t>(info[2], "subdevice"),
                            .name = read_string(info[3], "name")});
  return Napi::Number::New(info.Env(), number);
}

napi_value read(PolledControl& polled, const Napi::CallbackInfo& info) {
  const std::int64_t value = polled.device().read(read_integer<std::uint32_t>(info[0], "number"));
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

napi_value changes(PolledControl& polled, const Napi::CallbackInfo& info) {
  const std::vector<std::uint32_t> numbers = polled.device().changes();
  Napi::Array result = Napi::Array::New(info.Env(), numbers.size());
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    result.Set(i, numbers[i]);
  }
  return result;
}

napi_value listen(PolledControl& polled, const Napi::CallbackInfo& info) {
  const Napi::Value callback = read_function(info[0], "callback");
  polled.device().subscribe();
  polled.poll().listen(callback);
  return nullptr;
}

napi_value set_ref(PolledControl& polled, const Napi::CallbackInfo& info) {
  polled.set_ref(read_boolean(info[0], "referenced"));
  return nullptr;
}

const HandleClass<PolledControl>& control_class() {
  using Controls = HandleClass<PolledControl>;
  static const Controls kClass(
      "Control", {0x5d0e7c3a91b84f26, 0xb34f6ad28c17e950},
      {Controls::method<find>("find"), Controls::method<read>("read"), Controls::method<changes>("changes"),
       Controls::method<listen>("listen"), Controls::method<set_ref>("setRef")});
  return kClass;
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  return control_class().make(env, std::make_shared<PolledControl>(env, read_string(info[0], "path")));
}

constexpr std::array kEntries{Entry{"openControl", entry<open>}};

}  // namespace

Entries control_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
