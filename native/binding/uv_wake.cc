#include <napi.h>
#include <uv.h>

#include <memory>
#include <utility>

#include "alsa/system_error.h"
#include "binding/entry.h"
#include "binding/wake.h"

// A runtime without libuv loads the addon, too.
extern "C" {
[[gnu::weak]] int uv_poll_init(uv_loop_t*, uv_poll_t*, int);
[[gnu::weak]] int uv_poll_start(uv_poll_t*, int, uv_poll_cb);
[[gnu::weak]] void uv_ref(uv_handle_t*);
[[gnu::weak]] void uv_unref(uv_handle_t*);
[[gnu::weak]] void uv_close(uv_handle_t*, uv_close_cb);
[[gnu::weak]] napi_status napi_get_uv_event_loop(napi_env, uv_loop_t**);
}

namespace alsa_utimer::binding {
namespace {

class UvWake final : public Wake {
 public:
  UvWake(napi_env env, int set, Sleeper& sleeper) {
    uv_loop_t* loop = nullptr;
    check(env, napi_get_uv_event_loop(env, &loop));
    auto handle = std::make_unique<Handle>();
    if (const int error = uv_poll_init(loop, &handle->poll, set); error < 0) {
      throw SystemError(-error, "epoll_ctl");
    }
    // From here on libuv holds it, and only uv_close() lets it go.
    handle_ = handle.release();
    handle_->sleeper = &sleeper;
    handle_->poll.data = handle_;
    uv_unref(as_handle());
    napi_status status = napi_add_async_cleanup_hook(env, &on_end, handle_, &handle_->hook);
    if (status == napi_ok && uv_poll_start(&handle_->poll, UV_READABLE, &on_ready) < 0) {
      status = napi_generic_failure;
    }
    if (status != napi_ok) {
      close();
      throw Napi::Error::New(env);
    }
  }
  ~UvWake() override { close(); }

  void set_ref(bool referenced) noexcept override {
    if (handle_ != nullptr) {
      (referenced ? uv_ref : uv_unref)(as_handle());
    }
  }

  void close() noexcept override {
    if (handle_ == nullptr) {
      return;
    }
    handle_->sleeper = nullptr;
    uv_close(as_handle(), [](uv_handle_t* closed) {
      const std::unique_ptr<Handle> gone(static_cast<Handle*>(closed->data));
      if (gone->hook != nullptr) {
        napi_remove_async_cleanup_hook(gone->hook);
      }
    });
    handle_ = nullptr;
  }

 private:
  // What libuv knows. It outlives its wake until libuv has let go of it, before the environment is gone.
  struct Handle {
    uv_poll_t poll{};
    Sleeper* sleeper = nullptr;  // until closed
    napi_async_cleanup_hook_handle hook = nullptr;
  };

  [[nodiscard]] uv_handle_t* as_handle() const noexcept {
    return reinterpret_cast<uv_handle_t*>(&handle_->poll);
  }

  static void on_ready(uv_poll_t* poll, int, int) {
    if (Sleeper* const sleeper = static_cast<Handle*>(poll->data)->sleeper; sleeper != nullptr) {
      sleeper->woken();
    }
  }

  static void on_end(napi_async_cleanup_hook_handle, void* data) {
    if (Sleeper* const sleeper = static_cast<Handle*>(data)->sleeper; sleeper != nullptr) {
      sleeper->environment_ends();
    }
  }

  Handle* handle_ = nullptr;  // until closed
};

}  // namespace

std::unique_ptr<Wake> make_uv_wake(napi_env env, int set, Sleeper& sleeper) {
  return std::make_unique<UvWake>(env, set, sleeper);
}

}  // namespace alsa_utimer::binding
