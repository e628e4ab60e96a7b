// Waiting for a descriptor in the event loop of an environment: no thread, and nothing left behind when the
// environment is torn down at any moment.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <memory>

namespace alsa_utimer::binding {

// What several bring to JavaScript together.
class Batch {
 public:
  Batch() = default;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  virtual ~Batch() = default;

  // In the event loop, with a handle scope and a callback scope open.
  virtual void deliver() noexcept = 0;
};

// From deliver(), of a batch or a Poll: calls into JavaScript. An exception there is an uncaught one.
void call_javascript(napi_env env, napi_value callback, std::initializer_list<napi_value> arguments) noexcept;

// Derived classes are final, and call close() in their destructor.
class Poll {
 public:
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

  // Calls take() and deliver() whenever there is something to read or something is wrong, until stop(). Keeps
  // the event loop alive meanwhile, unless set_ref(false) was called. Starting again is free as long as
  // nothing came since stop().
  void start();
  void stop() noexcept;
  void set_ref(bool referenced) noexcept;

  // Lets go of the descriptor before it returns.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept { return state_ == nullptr; }

 protected:
  // `descriptor` must stay open until close().
  Poll(napi_env env, int descriptor);
  ~Poll() = default;

  // In the event loop, with a handle scope open, for each that is ready in a turn, before JavaScript runs.
  // Returns a batch that it began, which is delivered before any deliver(). `failed`: the descriptor is in an
  // error.
  virtual std::shared_ptr<Batch> take(bool) noexcept { return nullptr; }
  // In the event loop, with a handle scope and a callback scope open. May close.
  virtual void deliver() noexcept {}
  // Called once, on close() or when the environment goes: drop what is held of JavaScript.
  virtual void forget() noexcept {}

  // From take(): goes on in spite of an error.
  void restart() noexcept;
  [[nodiscard]] napi_env env() const noexcept { return env_; }

 private:
  struct State;
  class Turn;
  static int arm(State* state) noexcept;
  static void close_state(State* state) noexcept;

  napi_env env_;
  State* state_;
};

}  // namespace alsa_utimer::binding
