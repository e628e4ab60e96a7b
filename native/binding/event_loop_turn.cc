#include "binding/event_loop_turn.h"

#include <napi.h>

#include <utility>

#include "binding/entry.h"

namespace alsa_utimer::binding {

napi_status make_async_context(napi_env env, napi_async_context* context) noexcept {
  napi_value name = nullptr;
  const napi_status status = napi_create_string_utf8(env, "alsa-utimer", NAPI_AUTO_LENGTH, &name);
  return status == napi_ok ? napi_async_init(env, nullptr, name, context) : status;
}

EventLoopTurn::EventLoopTurn(napi_env env) : env_(env) {
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
        // Its memory goes with the data of the environment, perhaps before libuv has let go of the handle.
        EventLoopTurn& turn = *static_cast<EventLoopTurn*>(data);
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

void EventLoopTurn::add(Pollable* ready) {
  ready_.push_back(ready);
  if (end_ != nullptr) {
    uv_check_start(&end_->handle,
                   [](uv_check_t* handle) { static_cast<EventLoopTurn*>(handle->data)->deliver(); });
  }
}

void EventLoopTurn::remove(const Pollable* pollable) noexcept {
  for (std::vector<Pollable*>* pollables : {&ready_, &delivering_}) {
    for (Pollable*& one : *pollables) {
      if (one == pollable) {
        one = nullptr;
      }
    }
  }
}

void EventLoopTurn::deliver() noexcept {
  uv_check_stop(&end_->handle);
  // What is delivered may start, stop and close others.
  delivering_.swap(ready_);
  napi_handle_scope handles = nullptr;
  napi_callback_scope callbacks = nullptr;
  if (napi_open_handle_scope(env_, &handles) == napi_ok) {
    collect();
    // Made here, in nobody's context: made when it is first needed, all would be called in that of whoever
    // came first.
    if (context_ == nullptr && make_async_context(env_, &context_) != napi_ok) {
      context_ = nullptr;
    }
    if (context_ != nullptr && napi_open_callback_scope(env_, nullptr, context_, &callbacks) == napi_ok) {
      for (const std::shared_ptr<Batch>& batch : batches_) {
        batch->deliver();
      }
      // Not an iterator: remove() writes to it at the same time.
      for (std::size_t i = 0; i < delivering_.size(); ++i) {
        if (Pollable* const pollable = delivering_[i]; pollable != nullptr && pollable->started()) {
          pollable->deliver();
        }
      }
      napi_close_callback_scope(env_, callbacks);
    }
    napi_close_handle_scope(env_, handles);
  }
  batches_.clear();
  delivering_.clear();
}

void EventLoopTurn::collect() noexcept {
  for (Pollable* const pollable : delivering_) {
    if (pollable != nullptr && pollable->started()) {
      if (std::shared_ptr<Batch> batch = pollable->collect(); batch != nullptr) {
        batches_.push_back(std::move(batch));
      }
    }
  }
}

}  // namespace alsa_utimer::binding
