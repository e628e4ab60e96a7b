#include "binding/event_loop_turn.h"

#include <napi.h>

#include <algorithm>
#include <utility>

#include "alsa/system_error.h"
#include "binding/environment.h"

namespace alsa_utimer::binding {
namespace {

// Polls may outlive the data of the environment.
struct Shared {
  explicit Shared(napi_env env) : turn(std::make_shared<EventLoopTurn>(env)) {}
  std::shared_ptr<EventLoopTurn> turn;
};

}  // namespace

std::shared_ptr<EventLoopTurn> EventLoopTurn::of(napi_env env) {
  std::shared_ptr<EventLoopTurn> turn = of_environment<Shared>(env).turn;
  if (turn->wake_ == nullptr) {
    throw ClosedError();
  }
  return turn;
}

EventLoopTurn::EventLoopTurn(napi_env env)
    : env_(env), wake_(make_wake(env, set_.descriptor(), static_cast<Sleeper&>(*this))) {}

void EventLoopTurn::add(Pollable* pollable) { pollables_.insert(pollable); }

void EventLoopTurn::remove(Pollable* pollable) noexcept {
  pollables_.erase(pollable);
  std::replace(ready_.begin(), ready_.end(), pollable, static_cast<Pollable*>(nullptr));
}

int EventLoopTurn::watch(Pollable* pollable, int descriptor, std::uint32_t events) noexcept {
  return set_.add(descriptor, events, pollable);
}

void EventLoopTurn::unwatch(int descriptor) noexcept { set_.remove(descriptor); }

void EventLoopTurn::hold() noexcept {
  if (holders_++ == 0 && wake_ != nullptr) {
    wake_->set_ref(true);
  }
}

void EventLoopTurn::let_go() noexcept {
  if (--holders_ == 0 && wake_ != nullptr) {
    wake_->set_ref(false);
  }
}

void EventLoopTurn::destroy(AsyncContext context) noexcept {
  if (delivering_) {
    done_.push_back(context);
  } else {
    context.destroy(env_);
  }
}

void EventLoopTurn::woken() noexcept {
  // A callback may run the event loop.
  if (std::exchange(delivering_, true)) {
    return;
  }
  // A callback may end the environment.
  const std::shared_ptr<EventLoopTurn> kept = shared_from_this();
  napi_handle_scope handles = nullptr;
  if (napi_open_handle_scope(env_, &handles) == napi_ok) {
    find_ready();
    if (!ready_.empty()) {
      collect();
      tell();
    }
    for (AsyncContext& context : done_) {
      context.destroy(env_);
    }
    done_.clear();
    napi_close_handle_scope(env_, handles);
  }
  delivering_ = false;
}

void EventLoopTurn::find_ready() noexcept {
  ready_.clear();
  for (const epoll_event& event : set_.ready()) {
    auto* const pollable = static_cast<Pollable*>(event.data.ptr);
    if (pollable->ready((event.events & (EPOLLERR | EPOLLHUP)) != 0)) {
      ready_.push_back(pollable);
    }
  }
}

void EventLoopTurn::collect() noexcept {
  for (Pollable* const pollable : ready_) {
    if (pollable != nullptr && pollable->started()) {
      if (std::shared_ptr<Batch> batch = pollable->collect(); batch != nullptr) {
        batches_.push_back(std::move(batch));
      }
    }
  }
}

void EventLoopTurn::tell() noexcept {
  napi_callback_scope callbacks = nullptr;
  if (open_scope(&callbacks)) {
    for (const std::shared_ptr<Batch>& batch : batches_) {
      batch->deliver();
    }
    // Not an iterator: a callback may close others, and remove() writes to it.
    for (std::size_t i = 0; i < ready_.size(); ++i) {
      if (Pollable* const pollable = ready_[i]; pollable != nullptr && pollable->started()) {
        pollable->deliver();
      }
    }
    if (callbacks != nullptr) {
      napi_close_callback_scope(env_, callbacks);
    }
  }
  batches_.clear();
  ready_.clear();
}

// Outside Node.js the wake calls in a scope. Returns false where no JavaScript can run.
bool EventLoopTurn::open_scope(napi_callback_scope* scope) noexcept {
  try {
    // Made here, in nobody's context: made when it is first needed, all would be called in that of whoever
    // came first.
    if (context_.empty()) {
      context_ = AsyncContext(env_);
    }
  } catch (const Napi::Error&) {
    return false;
  }
  return context_.context() == nullptr ||
         napi_open_callback_scope(env_, nullptr, context_.context(), scope) == napi_ok;
}

void EventLoopTurn::environment_ends() noexcept {
  const std::unique_ptr<Wake> wake = std::move(wake_);
  if (wake == nullptr) {
    return;
  }
  wake->close();
  while (!pollables_.empty()) {
    Pollable* const pollable = *pollables_.begin();
    pollable->close();
    remove(pollable);
  }
  destroy(std::exchange(context_, {}));
  set_.close();
}

}  // namespace alsa_utimer::binding
