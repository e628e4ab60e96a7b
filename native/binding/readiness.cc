#include "binding/readiness.h"

#include <fcntl.h>
#include <uv.h>

#include <memory>
#include <utility>

#include "alsa/system_error.h"
#include "alsa/unique_fd.h"
#include "binding/handle.h"
#include "binding/pcm_binding.h"

namespace alsa_utimer::binding {
namespace {

constexpr napi_type_tag kTag{0x71c09a54e8d34f0b, 0x9f2e66d1c5b7a803};

// The part that libuv knows. It outlives its Watcher until libuv has let go of it, and it is closed before
// the environment is.
struct Poll {
  uv_poll_t handle{};
  napi_env env = nullptr;
  napi_ref callback = nullptr;
  napi_async_context context = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  UniqueFd fd;  // a duplicate, so that it stays valid while it is polled
  bool closing = false;
  Poll** owner = nullptr;  // the Watcher's pointer to this, which must not outlive it
};

void forget_callback(Poll& poll) {
  if (napi_ref callback = std::exchange(poll.callback, nullptr); callback != nullptr) {
    napi_delete_reference(poll.env, callback);
  }
}

void close_poll(Poll* poll) {
  if (std::exchange(poll->closing, true)) {
    return;
  }
  if (poll->owner != nullptr) {
    *poll->owner = nullptr;
  }
  forget_callback(*poll);
  if (poll->context != nullptr) {
    napi_async_destroy(poll->env, poll->context);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(&poll->handle), [](uv_handle_t* handle) {
    const std::unique_ptr<Poll> closed(static_cast<Poll*>(handle->data));
    if (closed->hook != nullptr) {
      napi_remove_async_cleanup_hook(closed->hook);
    }
  });
  // libuv is done with the descriptor when uv_close returns.
  poll->fd.reset();
}

// Once: the next event needs another arm. An error (an xrun, say) is an event too, which the next call on the
// substream explains.
void on_event(uv_poll_t* handle, int, int) {
  Poll& poll = *static_cast<Poll*>(handle->data);
  uv_poll_stop(handle);
  napi_env env = poll.env;
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(env, &scope) != napi_ok) {
    return;
  }
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  if (poll.callback != nullptr && napi_get_reference_value(env, poll.callback, &callback) == napi_ok &&
      napi_get_global(env, &receiver) == napi_ok) {
    forget_callback(poll);
    // The callback may close the poll.
    if (napi_make_callback(env, poll.context, receiver, callback, 0, nullptr, nullptr) ==
        napi_pending_exception) {
      napi_value error = nullptr;
      if (napi_get_and_clear_last_exception(env, &error) == napi_ok) {
        napi_fatal_exception(env, error);
      }
    }
  }
  napi_close_handle_scope(env, scope);
}

class Watcher {
 public:
  explicit Watcher(Poll* poll) : poll_(poll) { poll->owner = &poll_; }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;
  ~Watcher() { close(); }

  // Calls `callback` once when the descriptor is ready.
  void arm(const Napi::Function& callback) {
    if (closed()) {
      throw ClosedError();
    }
    forget_callback(*poll_);
    if (napi_create_reference(poll_->env, callback, 1, &poll_->callback) != napi_ok) {
      throw Napi::Error::New(poll_->env);
    }
    if (const int error = uv_poll_start(&poll_->handle, UV_READABLE, on_event); error < 0) {
      throw SystemError(-error, "epoll_ctl");
    }
  }

  void disarm() noexcept {
    if (poll_ != nullptr) {
      uv_poll_stop(&poll_->handle);
      forget_callback(*poll_);
    }
  }

  void close() noexcept {
    if (poll_ != nullptr) {
      close_poll(poll_);
    }
  }
  [[nodiscard]] bool closed() const noexcept { return poll_ == nullptr; }

 private:
  Poll* poll_;
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

napi_value close(Watcher& watcher, const Napi::CallbackInfo&) {
  watcher.close();
  return nullptr;
}

napi_value closed(Watcher& watcher, const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), watcher.closed());
}

napi_value watch_pcm(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Pcm& pcm = unwrap_pcm(info[0]);
  if (pcm.closed()) {
    throw ClosedError();
  }
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) {
    throw Napi::Error::New(env);
  }
  auto poll = std::make_unique<Poll>();
  poll->env = env;
  poll->fd = UniqueFd(::fcntl(pcm.descriptor(), F_DUPFD_CLOEXEC, 0));
  if (!poll->fd.valid()) {
    throw SystemError(errno, "fcntl F_DUPFD_CLOEXEC");
  }
  if (const int error = uv_poll_init(loop, &poll->handle, poll->fd.get()); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  // From here on libuv holds it, and only uv_close lets it go.
  Poll* const held = poll.release();
  held->handle.data = held;
  const auto watcher = std::make_shared<Watcher>(held);
  const Napi::String name = Napi::String::New(env, "alsa-utimer:pcm");
  if (napi_async_init(env, nullptr, name, &held->context) != napi_ok ||
      napi_add_async_cleanup_hook(
          env, [](napi_async_cleanup_hook_handle, void* data) { close_poll(static_cast<Poll*>(data)); }, held,
          &held->hook) != napi_ok) {
    throw Napi::Error::New(env);
  }
  Napi::Object handle = WatcherHandle::make(env, watcher, kTag);
  WatcherHandle::add<arm>(env, handle, "arm", watcher);
  WatcherHandle::add<disarm>(env, handle, "disarm", watcher);
  WatcherHandle::add<close>(env, handle, "close", watcher);
  WatcherHandle::add<closed>(env, handle, "closed", watcher);
  return handle;
}

}  // namespace

void register_readiness(Napi::Env env, Napi::Object exports) {
  exports.Set("watchPcm", make_function<watch_pcm>(env, "watchPcm"));
}

}  // namespace alsa_utimer::binding
