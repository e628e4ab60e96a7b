#include "binding/poll.h"

#include <uv.h>

#include <memory>
#include <utility>
#include <vector>

#include "alsa/system_error.h"

namespace alsa_utimer::binding {
namespace {

void check(napi_env env, napi_status status) {
  if (status != napi_ok) {
    throw Napi::Error::New(env);
  }
}

}  // namespace

// The part that libuv knows. It outlives its Poll until libuv has let go of it, and it is closed before the
// environment is.
struct Poll::State {
  uv_poll_t handle{};
  Turn* turn = nullptr;
  Poll* owner = nullptr;  // until closed
  // Between start() and stop(). Not uv_is_active(): libuv stops a handle by itself when it reports an error,
  // an xrun for instance, which must be delivered all the same.
  bool started = false;
  napi_async_cleanup_hook_handle hook = nullptr;
};

// What became ready in one turn of the event loop of an environment. libuv tells it descriptor by descriptor;
// entering JavaScript for each would cost more than all the rest.
class Poll::Turn {
 public:
  // The one of the environment, which lives as long as that.
  static Turn& of(napi_env env) {
    void* data = nullptr;
    check(env, napi_get_instance_data(env, &data));
    if (data != nullptr) {
      return *static_cast<Turn*>(data);
    }
    auto turn = std::make_unique<Turn>(env);
    check(env, napi_set_instance_data(
                   env, turn.get(), [](napi_env, void* held, void*) { delete static_cast<Turn*>(held); },
                   nullptr));
    return *turn.release();
  }

  explicit Turn(napi_env env) : env_(env) {
    check(env, napi_get_uv_event_loop(env, &loop_));
    check(env, napi_async_init(env, nullptr, Napi::String::New(env, "alsa-utimer"), &context_));
    auto end = std::make_unique<End>();
    uv_check_init(loop_, &end->handle);
    end_ = end.release();
    end_->handle.data = this;
    auto* const handle = reinterpret_cast<uv_handle_t*>(&end_->handle);
    uv_unref(handle);
    const napi_status status = napi_add_async_cleanup_hook(
        env,
        [](napi_async_cleanup_hook_handle hook, void* data) {
          // Its memory goes with the instance data, perhaps before libuv has let go of the handle.
          Turn& turn = *static_cast<Turn*>(data);
          End* const last = std::exchange(turn.end_, nullptr);
          last->handle.data = hook;
          uv_close(reinterpret_cast<uv_handle_t*>(&last->handle), [](uv_handle_t* closed) {
            auto* const cleanup = static_cast<napi_async_cleanup_hook_handle>(closed->data);
            delete reinterpret_cast<End*>(closed);
            napi_remove_async_cleanup_hook(cleanup);
          });
          napi_async_destroy(turn.env_, turn.context_);
        },
        this, nullptr);
    if (status != napi_ok) {
      uv_close(handle, [](uv_handle_t* closed) { delete reinterpret_cast<End*>(closed); });
      throw Napi::Error::New(env);
    }
  }

  [[nodiscard]] uv_loop_t* loop() const noexcept { return loop_; }

  void add(State* state) {
    ready_.push_back(state);
    if (end_ != nullptr) {
      uv_check_start(&end_->handle, [](uv_check_t* handle) { static_cast<Turn*>(handle->data)->deliver(); });
    }
  }

  void remove(const State* state) noexcept {
    for (std::vector<State*>* states : {&ready_, &delivering_}) {
      for (State*& one : *states) {
        if (one == state) {
          one = nullptr;
        }
      }
    }
  }

 private:
  // uv_check_t runs after all that libuv polled in a turn.
  struct End {
    uv_check_t handle{};
  };

  void deliver() noexcept {
    uv_check_stop(&end_->handle);
    // What is delivered may start, stop and close others.
    delivering_.swap(ready_);
    napi_handle_scope handles = nullptr;
    napi_callback_scope callbacks = nullptr;
    napi_value resource = nullptr;
    if (napi_open_handle_scope(env_, &handles) == napi_ok) {
      if (napi_create_object(env_, &resource) == napi_ok &&
          napi_open_callback_scope(env_, resource, context_, &callbacks) == napi_ok) {
        // Not an iterator: remove() writes to it meanwhile.
        for (std::size_t i = 0; i < delivering_.size(); ++i) {
          if (const State* const state = delivering_[i]; state != nullptr && state->started) {
            state->owner->ready();
          }
        }
        napi_close_callback_scope(env_, callbacks);
      }
      napi_close_handle_scope(env_, handles);
    }
    delivering_.clear();
  }

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  napi_async_context context_ = nullptr;
  End* end_ = nullptr;  // until the environment goes
  std::vector<State*> ready_;
  std::vector<State*> delivering_;
};

Poll::Poll(napi_env env, int descriptor) : env_(env), state_(nullptr) {
  Turn& turn = Turn::of(env);
  auto state = std::make_unique<State>();
  state->turn = &turn;
  if (const int error = uv_poll_init(turn.loop(), &state->handle, descriptor); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  // From here on libuv holds it, and only uv_close lets it go.
  State* const held = state.release();
  held->handle.data = held;
  if (napi_add_async_cleanup_hook(
          env, [](napi_async_cleanup_hook_handle, void* data) { close_state(static_cast<State*>(data)); },
          held, &held->hook) != napi_ok) {
    close_state(held);
    throw Napi::Error::New(env);
  }
  held->owner = this;
  state_ = held;
}

void Poll::start() {
  if (closed()) {
    throw ClosedError();
  }
  const auto on_event = [](uv_poll_t* handle, int, int) {
    auto* const state = static_cast<State*>(handle->data);
    state->turn->add(state);
  };
  if (const int error = uv_poll_start(&state_->handle, UV_READABLE, on_event); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  state_->started = true;
}

void Poll::stop() noexcept {
  if (!closed()) {
    state_->started = false;
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
  state->turn->remove(state);
  if (Poll* const owner = std::exchange(state->owner, nullptr); owner != nullptr) {
    owner->state_ = nullptr;
    owner->forget();
  }
  uv_close(handle, [](uv_handle_t* closed) {
    const std::unique_ptr<State> gone(static_cast<State*>(closed->data));
    if (gone->hook != nullptr) {
      napi_remove_async_cleanup_hook(gone->hook);
    }
  });
}

void Poll::call(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  napi_env environment = env_;
  napi_value receiver = nullptr;
  if (closed() || napi_get_undefined(environment, &receiver) != napi_ok) {
    return;
  }
  // The callback may close this, and destroy it.
  if (napi_call_function(environment, receiver, callback, arguments.size(), arguments.begin(), nullptr) ==
      napi_pending_exception) {
    napi_value error = nullptr;
    if (napi_get_and_clear_last_exception(environment, &error) == napi_ok) {
      napi_fatal_exception(environment, error);
    }
  }
}

}  // namespace alsa_utimer::binding
