#include "binding/control_binding.h"

#include <memory>
#include <string>
#include <utility>

#include "alsa/control.h"
#include "binding/arguments.h"
#include "binding/handle.h"
#include "binding/poll.h"

namespace alsa_utimer::binding {
namespace {

constexpr napi_type_tag kTag{0x5d0e7c3a91b84f26, 0xb34f6ad28c17e950};

// Waits until changes are announced.
class Announcements final : public Poll {
 public:
  Announcements(napi_env env, Control& control) : Poll(env, control.descriptor()), control_(control) {}
  ~Announcements() { close(); }

  void listen(const Napi::Value& callback) {
    forget_callback();
    if (napi_create_reference(env(), callback, 1, &callback_) != napi_ok) {
      throw Napi::Error::New(env());
    }
    start();
  }

 private:
  // An error (the card has gone, say) is an event too, which reading explains.
  void deliver() noexcept override {
    napi_value callback = nullptr;
    if (callback_ != nullptr && napi_get_reference_value(env(), callback_, &callback) == napi_ok) {
      call_javascript(callback, {});
    }
  }

  void release() noexcept override {
    forget_callback();
    control_.close();
  }

  void forget_callback() noexcept {
    if (napi_ref callback = std::exchange(callback_, nullptr); callback != nullptr) {
      napi_delete_reference(env(), callback);
    }
  }

  Control& control_;
  napi_ref callback_ = nullptr;
};

// A control device with its place in the event loop, which it takes when it is first listened to.
class Listened {
 public:
  Listened(napi_env env, std::string path) : env_(env), control_(std::move(path)) {}

  [[nodiscard]] Control& control() noexcept { return control_; }

  void listen(const Napi::Value& callback) {
    control_.subscribe();
    if (announcements_ == nullptr) {
      announcements_ = std::make_unique<Announcements>(env_, control_);
      set_ref(referenced_);
    }
    announcements_->listen(callback);
  }

  void set_ref(bool referenced) noexcept {
    referenced_ = referenced;
    if (announcements_ != nullptr) {
      announcements_->set_ref(referenced);
    }
  }

  void close() noexcept {
    // Closed, not destroyed: this may be called from what it delivers.
    if (announcements_ != nullptr) {
      announcements_->close();
    } else {
      control_.close();
    }
  }

 private:
  napi_env env_;
  Control control_;
  std::unique_ptr<Announcements> announcements_;  // goes first: it polls the control's descriptor
  bool referenced_ = true;
};

using ControlHandle = Handle<Listened>;

napi_value find(Listened& listened, const Napi::CallbackInfo& info) {
  const std::uint32_t number =
      listened.control().find({.interface = read_integer<std::int32_t>(info[0], "interface"),
                               .device = read_integer<std::uint32_t>(info[1], "device"),
                               .subdevice = read_integer<std::uint32_t>(info[2], "subdevice"),
                               .name = read_string(info[3], "name")});
  return Napi::Number::New(info.Env(), number);
}

napi_value read(Listened& listened, const Napi::CallbackInfo& info) {
  const std::int64_t value = listened.control().read(read_integer<std::uint32_t>(info[0], "number"));
  return Napi::Number::New(info.Env(), static_cast<double>(value));
}

napi_value changes(Listened& listened, const Napi::CallbackInfo& info) {
  const std::vector<std::uint32_t> numbers = listened.control().changes();
  Napi::Array result = Napi::Array::New(info.Env(), numbers.size());
  for (std::uint32_t i = 0; i < numbers.size(); ++i) {
    result.Set(i, numbers[i]);
  }
  return result;
}

napi_value listen(Listened& listened, const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) {
    throw expected(info.Env(), "callback", "a function");
  }
  listened.listen(info[0]);
  return nullptr;
}

napi_value set_ref(Listened& listened, const Napi::CallbackInfo& info) {
  listened.set_ref(read_boolean(info[0], "referenced"));
  return nullptr;
}

napi_value close(Listened& listened, const Napi::CallbackInfo&) {
  listened.close();
  return nullptr;
}

napi_value closed(Listened& listened, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), listened.control().closed());
}

napi_value open(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const auto listened = std::make_shared<Listened>(env, read_string(info[0], "path"));
  Napi::Object handle = ControlHandle::make(env, listened, kTag);
  ControlHandle::add<find>(env, handle, "find", listened);
  ControlHandle::add<read>(env, handle, "read", listened);
  ControlHandle::add<changes>(env, handle, "changes", listened);
  ControlHandle::add<listen>(env, handle, "listen", listened);
  ControlHandle::add<set_ref>(env, handle, "setRef", listened);
  ControlHandle::add<close>(env, handle, "close", listened);
  ControlHandle::add<closed>(env, handle, "closed", listened);
  return handle;
}

}  // namespace

void register_control(Napi::Env env, Napi::Object exports) {
  exports.Set("openControl", make_function<open>(env, "openControl"));
}

}  // namespace alsa_utimer::binding
