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

  // Calls ready() whenever there is something to read or something is wrong, until stop(). Keeps the event
  // loop alive meanwhile, unless unref() was called.
  void start();
  void stop() noexcept;
  void ref() noexcept;
  void unref() noexcept;

  // Lets go of the descriptor before it returns.
  void close() noexcept;
  [[nodiscard]] bool closed() const noexcept { return state_ == nullptr; }

 protected:
  // `descriptor` must stay open until close().
  Poll(napi_env env, int descriptor);
  ~Poll() = default;

  // In the event loop, with a handle scope and a callback scope open. May close.
  virtual void ready() noexcept = 0;
  // Drop what is held of JavaScript: called once, on close() or when the environment goes.
  virtual void forget() noexcept = 0;

  // From ready(): calls into JavaScript. An exception there is an uncaught one.
  void call(napi_value callback, std::initializer_list<napi_value> arguments) noexcept;
  [[nodiscard]] napi_env env() const noexcept { return env_; }

 private:
  struct State;
  class Turn;
  static void close_state(State* state) noexcept;

  napi_env env_;
  State* state_;
};

}  // namespace alsa_utimer::binding
