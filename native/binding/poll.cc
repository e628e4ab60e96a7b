#include "binding/poll.h"

#include <napi.h>
#include <sys/epoll.h>

#include <memory>
#include <utility>

#include "alsa/system_error.h"
#include "binding/callback.h"

namespace alsa_utimer::binding {

Poll::Poll(napi_env env, int descriptor, Want want)
    : env_(env),
      turn_(EventLoopTurn::of(env)),
      context_(env),
      descriptor_(descriptor),
      events_(want == Want::kRoom ? EPOLLOUT : EPOLLIN) {
  // Says now what cannot be waited for.
  if (const int error = watch(); error != 0) {
    context_.destroy(env);
    throw SystemError(error, "epoll_ctl");
  }
  unwatch();
  turn_->add(this);
}

std::shared_ptr<Batch> Poll::take(bool /*failed*/) noexcept { return nullptr; }

void Poll::start() {
  if (closed()) {
    throw ClosedError();
  }
  if (const int error = watch(); error != 0) {
    throw SystemError(error, "epoll_ctl");
  }
  started_ = true;
  update_hold();
}

void Poll::restart() noexcept {
  if (!closed()) {
    watch();
  }
}

int Poll::watch() noexcept {
  if (!watched_) {
    if (const int error = turn_->watch(this, descriptor_, events_); error != 0) {
      return error;
    }
    watched_ = true;
  }
  return 0;
}

void Poll::unwatch() noexcept {
  if (std::exchange(watched_, false)) {
    turn_->unwatch(descriptor_);
  }
}

bool Poll::ready(bool failed) noexcept {
  failed_ = failed;
  if (failed || !started_) {
    unwatch();
  }
  return started_;
}

// It stays watched: what is started again before anything came costs nothing then.
void Poll::stop() noexcept {
  started_ = false;
  update_hold();
}

void Poll::set_ref(bool referenced) noexcept {
  referenced_ = referenced;
  update_hold();
}

// The event loop stays alive for what is waited for, and wanted.
void Poll::update_hold() noexcept {
  const bool holds = !closed() && started_ && referenced_;
  if (std::exchange(holds_, holds) != holds) {
    holds ? turn_->hold() : turn_->let_go();
  }
}

void Poll::close() noexcept {
  if (closed()) {
    return;
  }
  stop();
  // Before the descriptor is closed.
  unwatch();
  const std::shared_ptr<EventLoopTurn> turn = std::move(turn_);
  turn->remove(this);
  turn->destroy(std::exchange(context_, {}));
  release();
}

void Poll::call_javascript(napi_value callback, std::initializer_list<napi_value> arguments) noexcept {
  if (!closed()) {
    report_uncaught(env_, context_.call(env_, callback, arguments));
  }
}

}  // namespace alsa_utimer::binding
