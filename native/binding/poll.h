// Waiting for a descriptor in the event loop of an environment, with nothing left behind when the environment
// is torn down at any moment.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <initializer_list>
#include <memory>

#include "binding/async_context.h"
#include "binding/batch.h"
#include "binding/event_loop_turn.h"

namespace alsa_utimer::binding {

// Derived classes are final, and call close() in their destructor.
class Poll : private Pollable {
 public:
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  // What is waited for.
  enum class Want { kData, kRoom };

  // Calls take() and deliver() whenever there is what it wants or something is wrong, until stop(). Keeps
  // the event loop alive until then, unless set_ref(false) was called. Starting again is free as long as
  // nothing came since stop().
  void start();
  void stop() noexcept;
  void set_ref(bool referenced) noexcept;

  // Closes the descriptor before it returns: a port can be bound again at once, and a timer is gone.
  void close() noexcept override;
  [[nodiscard]] bool closed() const noexcept { return turn_ == nullptr; }

 protected:
  // `descriptor` must stay open until release(). JavaScript is called in the asynchronous context that this
  // is made in: what AsyncLocalStorage gives there, the callbacks find, and what others have stored they do
  // not.
  Poll(napi_env env, int descriptor, Want want = Want::kData);
  ~Poll() = default;

  // In the event loop, with a handle scope open, for each that is ready in a turn, before JavaScript
  // runs. Returns a batch that it began, which is delivered before any deliver(). `failed`: the descriptor is
  // in an error, or hung up, and is not waited for any more: it would be ready for ever.
  virtual std::shared_ptr<Batch> take(bool failed) noexcept;
  // In the event loop, with a handle scope and a callback scope open. May close.
  void deliver() noexcept override {}
  // Called once, on close() or when the environment goes: closes the descriptor, and drops what is held of
  // JavaScript. Nothing else closes a descriptor that is polled.
  virtual void release() noexcept = 0;

  // From deliver(): calls into JavaScript. An exception there is an uncaught one.
  void call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept;
  // From take(): goes on in spite of an error.
  void restart() noexcept;
  [[nodiscard]] napi_env env() const noexcept { return env_; }

 private:
  [[nodiscard]] bool started() const noexcept override { return started_; }
  bool ready(bool failed) noexcept override;
  std::shared_ptr<Batch> collect() noexcept override { return take(failed_); }
  int watch() noexcept;
  void unwatch() noexcept;
  void update_hold() noexcept;

  napi_env env_;
  std::shared_ptr<EventLoopTurn> turn_;  // until closed
  AsyncContext context_;
  int descriptor_;
  std::uint32_t events_;
  bool started_ = false;
  // Not the same: what failed is not watched, and must be told all the same; and what is stopped is watched
  // until something comes.
  bool watched_ = false;
  bool failed_ = false;
  bool referenced_ = true;
  bool holds_ = false;  // the event loop
};

}  // namespace alsa_utimer::binding
