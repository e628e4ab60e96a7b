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

napi_status make_context(napi_env env, napi_async_context* context) {
  napi_value name = nullptr;
  const napi_status status = napi_create_string_utf8(env, "alsa-utimer", NAPI_AUTO_LENGTH, &name);
  return status == napi_ok ? napi_async_init(env, nullptr, name, context) : status;
}

// What a callback has thrown.
void uncaught(napi_env env, napi_status status) noexcept {
  napi_value error = nullptr;
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
}

}  // namespace

// The part that libuv knows. It outlives its Poll until libuv has let go of it, and it is closed before the
// environment is.
struct Poll::State {
  uv_poll_t handle{};
  Turn* turn = nullptr;
  Poll* owner = nullptr;  // until closed
  int events = UV_READABLE;
  napi_env env = nullptr;
  napi_async_context context = nullptr;
  // Between start() and stop(). Not uv_is_active(): libuv stops a handle by itself when it reports an error,
  // an xrun for instance, which must be delivered all the same; and a stopped one is polled until something
  // comes.
  bool started = false;
  bool failed = false;
  bool referenced = true;

  // The event loop stays alive for what is waited for, and wanted.
  void update_ref() noexcept {
    auto* const polled = reinterpret_cast<uv_handle_t*>(&handle);
    if (started && referenced) {
      uv_ref(polled);
    } else {
      uv_unref(polled);
    }
  }
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
          if (turn.context_ != nullptr) {
            napi_async_destroy(turn.env_, turn.context_);
          }
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
    if (napi_open_handle_scope(env_, &handles) == napi_ok) {
      take();
      // Made here, in nobody's context: made when it is first needed, all would be called in that of whoever
      // came first.
      if (context_ == nullptr && make_context(env_, &context_) != napi_ok) {
        context_ = nullptr;
      }
      if (context_ != nullptr && napi_open_callback_scope(env_, nullptr, context_, &callbacks) == napi_ok) {
        for (const std::shared_ptr<Batch>& batch : batches_) {
          batch->deliver();
        }
        // Not an iterator: remove() writes to it meanwhile.
        for (std::size_t i = 0; i < delivering_.size(); ++i) {
          if (const State* const state = delivering_[i]; state != nullptr && state->started) {
            state->owner->deliver();
          }
        }
        napi_close_callback_scope(env_, callbacks);
      }
      napi_close_handle_scope(env_, handles);
    }
    batches_.clear();
    delivering_.clear();
  }

  void take() noexcept {
    for (const State* const state : delivering_) {
      if (state != nullptr && state->started) {
        if (std::shared_ptr<Batch> batch = state->owner->take(state->failed); batch != nullptr) {
          batches_.push_back(std::move(batch));
        }
      }
    }
  }

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  napi_async_context context_ = nullptr;  // of a turn as a whole
  End* end_ = nullptr;                    // until the environment goes
  std::vector<State*> ready_;
  std::vector<State*> delivering_;
  std::vector<std::shared_ptr<Batch>> batches_;
};

Poll::Poll(napi_env env, int descriptor, Want want) : env_(env), state_(nullptr) {
  Turn& turn = Turn::of(env);
  auto state = std::make_unique<State>();
  state->turn = &turn;
  state->env = env;
  state->events = want == Want::kRoom ? UV_WRITABLE : UV_READABLE;
  if (const int error = uv_poll_init(turn.loop(), &state->handle, descriptor); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  // From here on libuv holds it, and only uv_close lets it go.
  State* const held = state.release();
  held->handle.data = held;
  if (make_context(env, &held->context) != napi_ok ||
      napi_add_async_cleanup_hook(
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
  if (const int error = arm(state_); error < 0) {
    throw SystemError(-error, "epoll_ctl");
  }
  state_->started = true;
  state_->update_ref();
}

void Poll::restart() noexcept {
  if (!closed()) {
    arm(state_);
  }
}

// Has libuv poll, which it stops by itself when it reports an error. Returns 0 or a negated errno.
int Poll::arm(State* state) noexcept {
  const auto on_event = [](uv_poll_t* handle, int status, int) {
    auto* const polled = static_cast<State*>(handle->data);
    if (polled->started) {
      polled->failed = status < 0;
      polled->turn->add(polled);
    } else {
      uv_poll_stop(handle);
    }
  };
  // Starting an active one costs two calls of epoll_ctl.
  return uv_is_active(reinterpret_cast<uv_handle_t*>(&state->handle)) != 0
             ? 0
             : uv_poll_start(&state->handle, state->events, on_event);
}

// Not with uv_poll_stop(): what is started again before anything came then costs two calls of epoll_ctl.
void Poll::stop() noexcept {
  if (!closed()) {
    state_->started = false;
    state_->update_ref();
  }
}

void Poll::set_ref(bool referenced) noexcept {
  if (!closed()) {
    state_->referenced = referenced;
    state_->update_ref();
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
    owner->state_ = nullptr;
    owner->release();
  }
}

// In the context of `context`, within the callback scope of a turn, which ends with what they have queued.
void Poll::call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  if (closed()) {
    return;
  }
  napi_value receiver = nullptr;
  if (napi_get_global(env_, &receiver) == napi_ok) {
    uncaught(env_, napi_make_callback(env_, state_->context, receiver, callback, arguments.size(),
                                      arguments.begin(), nullptr));
  }
}

void Batch::call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  napi_value receiver = nullptr;
  if (napi_get_undefined(env_, &receiver) == napi_ok) {
    uncaught(env_,
             napi_call_function(env_, receiver, callback, arguments.size(), arguments.begin(), nullptr));
  }
}

}  // namespace alsa_utimer::binding
