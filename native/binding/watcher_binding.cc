#include "binding/watcher_binding.h"

#include <unistd.h>

#include <array>
#include <memory>
#include <utility>

#include "alsa/opens.h"
#include "alsa/system_error.h"
#include "alsa/unique_fd.h"
#include "binding/arguments.h"
#include "binding/callback.h"
#include "binding/entries.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"
#include "binding/poll.h"

namespace alsa_utimer::binding {
namespace {

class Watcher final : public Poll {
 public:
  // `fd` is a duplicate, or has no other owner, so that it stays valid while it is polled. With `news` it
  // holds nothing but news, which arm() takes as known.
  Watcher(napi_env env, UniqueFd fd, Want want, bool news)
      : Poll(env, fd.get(), want), fd_(std::move(fd)), news_(news), callback_(env) {}
  ~Watcher() { close(); }

  // Calls `callback` once when the descriptor is ready.
  void arm(napi_value callback) {
    if (closed()) {
      throw ClosedError();
    }
    callback_.keep(callback);
    std::array<char, 4096> known;
    while (news_ && ::read(fd_.get(), known.data(), known.size()) > 0) {
    }
    start();
  }

  void disarm() noexcept {
    stop();
    callback_.drop();
  }

 private:
  // Once: the next event needs another arm. An error (an xrun, say) is an event too, which the next call on
  // the substream explains.
  void deliver() noexcept override {
    stop();
    if (napi_value callback = callback_.get(); callback != nullptr) {
      callback_.drop();
      call_javascript(callback, {});
    }
  }

  void release() noexcept override {
    callback_.drop();
    fd_.reset();
  }

  UniqueFd fd_;
  bool news_;
  Callback callback_;
};

napi_value arm(Watcher& watcher, const Napi::CallbackInfo& info) {
  watcher.arm(read_function(info[0], "callback"));
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

const HandleClass<Watcher>& watcher_class() {
  using Watchers = HandleClass<Watcher>;
  static const Watchers kClass("Watcher", {0x71c09a54e8d34f0b, 0x9f2e66d1c5b7a803},
                               {Watchers::method<arm>("arm"), Watchers::method<disarm>("disarm"),
                                Watchers::method<set_ref>("setRef")});
  return kClass;
}

Napi::Object make(Napi::Env env, UniqueFd fd, Poll::Want want, bool news) {
  return watcher_class().make(env, std::make_shared<Watcher>(env, std::move(fd), want, news));
}

napi_value watch_pcm(const Napi::CallbackInfo& info) {
  const std::shared_ptr<Pcm> pcm = unwrap_pcm(info[0]);
  return make(info.Env(), pcm->duplicate(), pcm->playback() ? Poll::Want::kRoom : Poll::Want::kData, false);
}

napi_value watch_opens_of(const Napi::CallbackInfo& info) {
  return make(info.Env(), watch_opens(read_string(info[0], "path")), Poll::Want::kData, true);
}

constexpr std::array kEntries{
    Entry{"watchOpens", entry<watch_opens_of>},
    Entry{"watchPcm", entry<watch_pcm>},
};

}  // namespace

Napi::Object make_watcher(Napi::Env env, UniqueFd fd, Poll::Want want) {
  return make(env, std::move(fd), want, false);
}

Entries watcher_entries() { return kEntries; }

}  // namespace alsa_utimer::binding
