// The wake of an environment: it makes the environment's thread ask its epoll set what is ready.
#pragma once

#include <node_api.h>

#include <memory>

namespace alsa_utimer::binding {

// Whom it wakes, and tells when the environment goes. Both in the thread of the environment.
class Sleeper {
 public:
  // Something in the set is ready. No scope is open; no JavaScript runs.
  virtual void woken() noexcept = 0;
  // Closes the wake.
  virtual void environment_ends() noexcept = 0;

 protected:
  ~Sleeper() = default;
};

class Wake {
 public:
  Wake() = default;
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;
  virtual ~Wake() = default;

  // `referenced`: the event loop stays alive for it. It does not at first.
  virtual void set_ref(bool referenced) noexcept = 0;
  // From then on nobody is woken, and nobody polls the set.
  virtual void close() noexcept = 0;
};

// libuv polls the set: for runtimes whose event loop is libuv's.
std::unique_ptr<Wake> make_uv_wake(napi_env env, int set, Sleeper& sleeper);
// A thread polls the set: for every runtime.
std::unique_ptr<Wake> make_thread_wake(napi_env env, int set, Sleeper& sleeper);
// The one that is right for the runtime, unless ALSA_UTIMER_WAKE in the environment says 'uv' or 'thread'.
std::unique_ptr<Wake> make_wake(napi_env env, int set, Sleeper& sleeper);

}  // namespace alsa_utimer::binding
