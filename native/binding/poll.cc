#include "binding/poll.h"

#include <uv.h>

#include <memory>
#include <utility>

#include "alsa/system_error.h"

namespace alsa_utimer::binding {

// The part that libuv knows. It outlives its Poll until libuv has let go of it, and it is closed before the
// environment is.
struct Poll::State {
  uv_poll_t handle{};
  napi_env env = nullptr;
  napi_async_context context = nullptr;
  napi_async_cleanup_hook_handle hook = nullptr;
  Poll* owner = nullptr;  // until closed
};

namespace {

void check(napi_env env, napi_status status) {
  if (status != napi_ok) {
    throw Napi::Error::New(env);
  }
}

}  // namespace

Poll::Poll(napi_env env, int descriptor, const char* name) : env_(env), state_(nullptr) {
  uv_loop_t* loop = nullptr;
  check(env, napi_get_uv_event_loop(env, &loop));
  auto state = std::make_unique<State>();
  state->env = env;
  if (const int error = uv_poll_init(loop, &state->handle, descriptor); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  // From here on libuv holds it, and only uv_close lets it go.
  State* const held = state.release();
  held->handle.data = held;
  try {
    const Napi::String resource = Napi::String::New(env, name);
    check(env, napi_async_init(env, nullptr, resource, &held->context));
    check(env,
          napi_add_async_cleanup_hook(
              env, [](napi_async_cleanup_hook_handle, void* data) { close_state(static_cast<State*>(data)); },
              held, &held->hook));
  } catch (...) {
    close_state(held);
    throw;
  }
  held->owner = this;
  state_ = held;
}

void Poll::start() {
  if (closed()) {
    throw ClosedError();
  }
  const auto on_event = [](uv_poll_t* handle, int, int) {
    const State& state = *static_cast<State*>(handle->data);
    napi_handle_scope scope = nullptr;
    if (state.owner == nullptr || napi_open_handle_scope(state.env, &scope) != napi_ok) {
      return;
    }
    napi_env environment = state.env;
    state.owner->ready();
    napi_close_handle_scope(environment, scope);
  };
  if (const int error = uv_poll_start(&state_->handle, UV_READABLE, on_event); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
}

void Poll::stop() noexcept {
  if (!closed()) {
    uv_poll_stop(&state_->handle);
  }
}

void Poll::ref() noexcept {
  if (!closed()) {
    uv_ref(reinterpret_cast<uv_handle_t*>(&state_->handle));
  }
}

void Poll::unref() noexcept {
  if (!closed()) {
    uv_unref(reinterpret_cast<uv_handle_t*>(&state_->handle));
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
  if (Poll* const owner = std::exchange(state->owner, nullptr); owner != nullptr) {
    owner->state_ = nullptr;
    owner->forget();
  }
  if (state->context != nullptr) {
    napi_async_destroy(state->env, state->context);
  }
  uv_close(handle, [](uv_handle_t* closed) {
    const std::unique_ptr<State> gone(static_cast<State*>(closed->data));
    if (gone->hook != nullptr) {
      napi_remove_async_cleanup_hook(gone->hook);
    }
  });
}

void Poll::call(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  if (closed()) {
    return;
  }
  napi_env environment = env_;
  napi_value receiver = nullptr;
  if (napi_get_global(environment, &receiver) != napi_ok) {
    return;
  }
  // The callback may close this, and destroy it.
  if (napi_make_callback(environment, state_->context, receiver, callback, arguments.size(),
                         arguments.begin(), nullptr) == napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(environment, &error) == napi_ok) {
      napi_fatal_exception(environment, error);
    }
  }
}

}  // namespace alsa_utimer::binding
