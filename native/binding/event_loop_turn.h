// What became ready in one turn of the event loop of an environment. libuv tells it descriptor by
// descriptor; entering JavaScript for each would cost more than all the rest.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>
#include <vector>

#include "binding/batch.h"

namespace alsa_utimer::binding {

// What becomes ready.
class Pollable {
 public:
  // It wants to be told still.
  [[nodiscard]] virtual bool started() const noexcept = 0;
  // Before JavaScript runs, with a handle scope open. Returns a batch that it began, which is delivered
  // before any deliver().
  virtual std::shared_ptr<Batch> collect() noexcept = 0;
  // With a handle scope and a callback scope open.
  virtual void deliver() noexcept = 0;

 protected:
  ~Pollable() = default;
};

// One an environment: of_environment<EventLoopTurn>().
class EventLoopTurn {
 public:
  explicit EventLoopTurn(napi_env env);
  EventLoopTurn(const EventLoopTurn&) = delete;
  EventLoopTurn& operator=(const EventLoopTurn&) = delete;

  [[nodiscard]] uv_loop_t* loop() const noexcept { return loop_; }

  // It is ready, and told at the end of this turn.
  void add(Pollable* ready);
  void remove(const Pollable* pollable) noexcept;

 private:
  // uv_check_t runs after all that libuv polled in a turn.
  struct End {
    uv_check_t handle{};
  };

  void deliver() noexcept;
  void collect() noexcept;

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  napi_async_context context_ = nullptr;  // of a turn as a whole
  End* end_ = nullptr;                    // until the environment goes
  std::vector<Pollable*> ready_;
  std::vector<Pollable*> delivering_;
  std::vector<std::shared_ptr<Batch>> batches_;
};

// Throws nothing, and gives no context where there can be none.
napi_status make_async_context(napi_env env, napi_async_context* context) noexcept;

}  // namespace alsa_utimer::binding
