// Waiting for a descriptor in the event loop of an environment: no thread, and nothing left behind when the
// environment is torn down at any moment.
#pragma once

#include <napi.h>

#include <initializer_list>

namespace alsa_utimer::binding {

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
  // Whether it is now part of a batch: of those, deliver() is called for one a turn, before all others.
  // `failed`: the descriptor is in an error.
  virtual bool take(bool failed) noexcept = 0;
  // In the event loop, with a handle scope and a callback scope open. May close.
  virtual void deliver() noexcept = 0;
  // Called once, on close() or when the environment goes: drop what is held of JavaScript.
  virtual void forget() noexcept {}

  // From take(): goes on in spite of an error.
  void restart() noexcept;
  // From deliver(): calls into JavaScript. An exception there is an uncaught one.
  void call(napi_value callback, std::initializer_list<napi_value> arguments) noexcept;
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
