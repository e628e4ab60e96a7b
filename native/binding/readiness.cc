#include "binding/readiness.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

#include "alsa/opens.h"
#include "alsa/system_error.h"
#include "alsa/unique_fd.h"
#include "binding/arguments.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"
#include "binding/poll.h"

namespace alsa_utimer::binding {
namespace {

constexpr napi_type_tag kTag{0x71c09a54e8d34f0b, 0x9f2e66d1c5b7a803};

class Watcher final : public Poll {
 public:
  // `fd` is a duplicate, or has no other owner, so that it stays valid while it is polled. With `news` it
  // holds nothing but news, which arm() takes as known.
  Watcher(napi_env env, UniqueFd fd, Want want, bool news)
      : Poll(env, fd.get(), want), fd_(std::move(fd)), news_(news) {}
  ~Watcher() { close(); }

  // Calls `callback` once when the descriptor is ready.
  void arm(const Napi::Function& callback) {
    if (closed()) {
      throw ClosedError();
    }
    forget_callback();
    if (napi_create_reference(env(), callback, 1, &callback_) != napi_ok) {
      throw Napi::Error::New(env());
    }
    std::array<char, 4096> known;
    while (news_ && ::read(fd_.get(), known.data(), known.size()) > 0) {
    }
    start();
  }

  void disarm() noexcept {
    stop();
    forget_callback();
  }

 private:
  // Once: the next event needs another arm. An error (an xrun, say) is an event too, which the next call on
  // the substream explains.
  void deliver() noexcept override {
    stop();
    napi_value callback = nullptr;
    if (callback_ != nullptr && napi_get_reference_value(env(), callback_, &callback) == napi_ok) {
      forget_callback();
      call_javascript(callback, {});
    }
  }

  void release() noexcept override {
    forget_callback();
    fd_.reset();
  }

  void forget_callback() noexcept {
    if (napi_ref callback = std::exchange(callback_, nullptr); callback != nullptr) {
      napi_delete_reference(env(), callback);
    }
  }

  UniqueFd fd_;
  bool news_;
  napi_ref callback_ = nullptr;
};

using WatcherHandle = Handle<Watcher>;

napi_value arm(Watcher& watcher, const Napi::CallbackInfo& info) {
  if (!info[0].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "callback must be a function");
  }
  watcher.arm(info[0].As<Napi::Function>());
  return nullptr;
}

napi_value disarm(Watcher& watcher, const Napi::CallbackInfo&) {
  watcher.disarm();
  return nullptr;
}

napi_value set_ref(Watcher& watcher, const Napi::CallbackInfo& info) {
  watcher.set_ref(read_boolean(info[0], "referenced"));
  return nullptr;
}

napi_value close(Watcher& watcher, const Napi::CallbackInfo&) {
  watcher.close();
  return nullptr;
}

napi_value closed(Watcher& watcher, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), watcher.closed());
}

Napi::Object make(Napi::Env env, UniqueFd fd, Poll::Want want, bool news) {
  const auto watcher = std::make_shared<Watcher>(env, std::move(fd), want, news);
  Napi::Object handle = WatcherHandle::make(env, watcher, kTag);
  WatcherHandle::add<arm>(env, handle, "arm", watcher);
  WatcherHandle::add<disarm>(env, handle, "disarm", watcher);
  WatcherHandle::add<set_ref>(env, handle, "setRef", watcher);
  WatcherHandle::add<close>(env, handle, "close", watcher);
  WatcherHandle::add<closed>(env, handle, "closed", watcher);
  return handle;
}

napi_value watch_pcm(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Pcm& pcm = unwrap_pcm(info[0]);
  if (pcm.closed()) {
    throw ClosedError();
  }
  UniqueFd fd(::fcntl(pcm.descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!fd.valid()) {
    throw SystemError(errno, "fcntl F_DUPFD_CLOEXEC");
  }
  return make(env, std::move(fd), pcm.playback() ? Poll::Want::kRoom : Poll::Want::kData, false);
}

napi_value watch_opens_of(const Napi::CallbackInfo& info) {
  return make(info.Env(), watch_opens(read_string(info[0], "path")), Poll::Want::kData, true);
}

}  // namespace

Napi::Object make_watcher(Napi::Env env, UniqueFd fd) {
  return make(env, std::move(fd), Poll::Want::kData, false);
}

void register_readiness(Napi::Env env, Napi::Object exports) {
  exports.Set("watchOpens", make_function<watch_opens_of>(env, "watchOpens"));
  exports.Set("watchPcm", make_function<watch_pcm>(env, "watchPcm"));
}

}  // namespace alsa_utimer::binding
