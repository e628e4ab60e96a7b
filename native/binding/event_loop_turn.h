// What is ready in one turn of the event loop of an environment. One look finds all of it; entering
// JavaScript for each descriptor would cost more than all the rest.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_set>
#include <vector>

#include "binding/async_context.h"
#include "binding/batch.h"
#include "binding/epoll_set.h"
#include "binding/wake.h"

namespace alsa_utimer::binding {

// What is waited for.
class Pollable {
 public:
  // It wants to be told.
  [[nodiscard]] virtual bool started() const noexcept = 0;
  // It is ready, or `failed`: in an error, or hung up. Returns whether it wants to be told.
  virtual bool ready(bool failed) noexcept = 0;
  // Before JavaScript runs, with a handle scope open. Returns a batch that it began, which is delivered
  // before any deliver().
  virtual std::shared_ptr<Batch> collect() noexcept = 0;
  // With a handle scope and a callback scope open.
  virtual void deliver() noexcept = 0;
  // The environment goes.
  virtual void close() noexcept = 0;

 protected:
  ~Pollable() = default;
};

class EventLoopTurn final : public std::enable_shared_from_this<EventLoopTurn>, private Sleeper {
 public:
  // That of an environment, which lives until nothing polls. Throws ClosedError once the environment goes.
  static std::shared_ptr<EventLoopTurn> of(napi_env env);

  explicit EventLoopTurn(napi_env env);
  EventLoopTurn(const EventLoopTurn&) = delete;
  EventLoopTurn& operator=(const EventLoopTurn&) = delete;

  // From add() to remove() it is closed when the environment goes.
  void add(Pollable* pollable);
  void remove(Pollable* pollable) noexcept;

  // Pollable::ready() is called while the descriptor is ready, until unwatch(). Returns 0 or an errno.
  int watch(Pollable* pollable, int descriptor, std::uint32_t events) noexcept;
  void unwatch(int descriptor) noexcept;

  // The event loop stays alive from the first hold() to the last let_go().
  void hold() noexcept;
  void let_go() noexcept;

  // Destroys it once no call is made in it.
  void destroy(AsyncContext context) noexcept;

 private:
  void woken() noexcept override;
  void environment_ends() noexcept override;
  void find_ready() noexcept;
  void collect() noexcept;
  void tell() noexcept;
  bool open_scope(napi_callback_scope* scope) noexcept;

  napi_env env_;
  EpollSet set_;
  std::unique_ptr<Wake> wake_;  // until the environment goes
  AsyncContext context_;        // of a turn as a whole
  std::size_t holders_ = 0;
  std::unordered_set<Pollable*> pollables_;
  bool delivering_ = false;
  std::vector<Pollable*> ready_;
  std::vector<std::shared_ptr<Batch>> batches_;
  std::vector<AsyncContext> done_;
};

}  // namespace alsa_utimer::binding
