#include "binding/poll.h"

#include <napi.h>
#include <uv.h>

#include <memory>
#include <utility>

#include "alsa/system_error.h"
#include "binding/callback.h"
#include "binding/environment.h"

namespace alsa_utimer::binding {

// The part that libuv knows. It outlives its Poll until libuv has let go of it, and it is closed before the
// environment is.
struct Poll::State {
  uv_poll_t handle{};
  Poll* owner = nullptr;  // until closed
  napi_env env = nullptr;
  napi_async_context context = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
};

Poll::Poll(napi_env env, int descriptor, Want want)
    : env_(env), turn_(of_environment<EventLoopTurn>(env)), want_(want) {
  auto state = std::make_unique<State>();
  state->env = env;
  if (const int error = uv_poll_init(turn_.loop(), &state->handle, descriptor); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  // From here on libuv holds it, and only uv_close lets it go.
  State* const polled = state.release();
  polled->handle.data = polled;
  if (make_async_context(env, &polled->context) != napi_ok ||
      napi_add_async_cleanup_hook(
          env, [](napi_async_cleanup_hook_handle, void* data) { close_state(static_cast<State*>(data)); },
          polled, &polled->hook) != napi_ok) {
    close_state(polled);
    throw Napi::Error::New(env);
  }
  polled->owner = this;
  state_ = polled;
}

std::shared_ptr<Batch> Poll::take(bool /*failed*/) noexcept { return nullptr; }

void Poll::start() {
  if (closed()) {
    throw ClosedError();
  }
  if (const int error = arm(); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  started_ = true;
  update_ref();
}

void Poll::restart() noexcept {
  if (!closed()) {
    arm();
  }
}

// Has libuv poll, which it stops by itself when it reports an error. Returns 0 or a negated errno.
int Poll::arm() noexcept {
  const auto on_event = [](uv_poll_t* handle, int status, int) {
    Poll& poll = *static_cast<State*>(handle->data)->owner;
    if (poll.started_) {
      poll.failed_ = status < 0;
      poll.turn_.add(&poll);
    } else {
      uv_poll_stop(handle);
    }
  };
  // Starting an active one costs two calls of epoll_ctl.
  return uv_is_active(reinterpret_cast<uv_handle_t*>(&state_->handle)) != 0
             ? 0
             : uv_poll_start(&state_->handle, want_ == Want::kRoom ? UV_WRITABLE : UV_READABLE, on_event);
}

// Not with uv_poll_stop(): what is started again before anything came then costs two calls of epoll_ctl.
void Poll::stop() noexcept {
  started_ = false;
  update_ref();
}

void Poll::set_ref(bool referenced) noexcept {
  referenced_ = referenced;
  update_ref();
}

// The event loop stays alive for what is waited for, and wanted.
void Poll::update_ref() noexcept {
  if (closed()) {
    return;
  }
  auto* const polled = reinterpret_cast<uv_handle_t*>(&state_->handle);
  if (started_ && referenced_) {
    uv_ref(polled);
  } else {
    uv_unref(polled);
  }
}

void Poll::close() noexcept {
  if (!closed()) {
    close_state(state_);
  }
}

void Poll::close_state(State* state) noexcept {
  auto* const handle = reinterpret_cast<uv_handle_t*>(&state->handle);
  if (uv_is_closing(handle) != 0) {
    return;
  }
  // First: the descriptor may be closed once uv_close() has returned, and not earlier.
  uv_close(handle, [](uv_handle_t* closed) {
    const std::unique_ptr<State> gone(static_cast<State*>(closed->data));
    // Not before: what closes may be called in it.
    if (gone->context != nullptr) {
      napi_async_destroy(gone->env, gone->context);
    }
    if (gone->hook != nullptr) {
      napi_remove_async_cleanup_hook(gone->hook);
    }
  });
  if (Poll* const owner = std::exchange(state->owner, nullptr); owner != nullptr) {
    owner->turn_.remove(owner);
    owner->started_ = false;
    owner->state_ = nullptr;
    owner->release();
  }
}

// In the context of `context`, within the callback scope of a turn, which ends with what they have
// queued.
void Poll::call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  if (closed()) {
    return;
  }
  napi_value receiver = nullptr;
  if (napi_get_global(env_, &receiver) == napi_ok) {
    report_uncaught(env_, napi_make_callback(env_, state_->context, receiver, callback, arguments.size(),
                                             arguments.begin(), nullptr));
  }
}

}  // namespace alsa_utimer::binding
