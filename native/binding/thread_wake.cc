#include <napi.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>

#include "alsa/start_thread.h"
#include "alsa/system_error.h"
#include "alsa/unique_fd.h"
#include "binding/entry.h"
#include "binding/wake.h"

namespace alsa_utimer::binding {
namespace {

class ThreadWake final : public Wake {
 public:
  ThreadWake(napi_env env, int set, Sleeper& sleeper)
      : env_(env), set_(set), stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (!stop_.valid()) {
      throw SystemError(errno, "eventfd");
    }
    napi_value name = nullptr;
    check(env, napi_create_string_utf8(env, "alsa-utimer", NAPI_AUTO_LENGTH, &name));
    auto link = std::make_unique<Link>(Link{this, &sleeper});
    check(env, napi_create_threadsafe_function(
                   env, nullptr, nullptr, name, 0, 1, link.get(),
                   [](napi_env, void* data, void*) { delete static_cast<Link*>(data); }, link.get(),
                   &on_ready, &function_));
    link_ = link.release();
    try {
      check(env, napi_unref_threadsafe_function(env, function_));
      check(env, napi_add_env_cleanup_hook(env, &on_end, link_));
      hooked_ = true;
      thread_ = start_thread([this] { wait(); });
    } catch (...) {
      close();
      throw;
    }
  }
  ~ThreadWake() override { close(); }

  void set_ref(bool referenced) noexcept override {
    if (link_ != nullptr) {
      (referenced ? napi_ref_threadsafe_function : napi_unref_threadsafe_function)(env_, function_);
    }
  }

  void close() noexcept override {
    if (link_ == nullptr) {
      return;
    }
    phase_.store(Phase::kStopped);
    phase_.notify_one();
    ::eventfd_write(stop_.get(), 1);
    if (thread_.joinable()) {
      thread_.join();
    }
    if (hooked_) {
      napi_remove_env_cleanup_hook(env_, &on_end, link_);
    }
    // Calls that are queued may still come.
    *std::exchange(link_, nullptr) = {};
    napi_release_threadsafe_function(function_, napi_tsfn_abort);
  }

 private:
  enum class Phase : std::uint32_t {
    kWaiting,  // for the set
    kTold,     // the environment has been told, and has not looked
    kStopped,
  };
  // The context of the function, which may outlive its wake.
  struct Link {
    ThreadWake* wake = nullptr;  // until closed
    Sleeper* sleeper = nullptr;
  };

  // The thread. It only tells: whoever takes what is ready does so in one go.
  void wait() noexcept {
    std::array<pollfd, 2> polled{
        {{.fd = set_, .events = POLLIN, .revents = 0}, {.fd = stop_.get(), .events = POLLIN, .revents = 0}}};
    while (phase_.load() != Phase::kStopped) {
      if (::poll(polled.data(), polled.size(), -1) < 0 || polled[0].revents == 0) {
        continue;
      }
      Phase phase = Phase::kWaiting;
      if (!phase_.compare_exchange_strong(phase, Phase::kTold) ||
          napi_call_threadsafe_function(function_, nullptr, napi_tsfn_nonblocking) != napi_ok) {
        return;
      }
      phase_.wait(Phase::kTold);
    }
  }

  static void on_ready(napi_env env, napi_value /*function*/, void* context, void* /*data*/) {
    const Link& link = *static_cast<const Link*>(context);
    if (env == nullptr || link.wake == nullptr) {
      return;
    }
    link.sleeper->woken();
    // It may have closed.
    if (link.wake != nullptr) {
      link.wake->go_on();
    }
  }

  void go_on() noexcept {
    Phase phase = Phase::kTold;
    if (phase_.compare_exchange_strong(phase, Phase::kWaiting)) {
      phase_.notify_one();
    }
  }

  static void on_end(void* data) {
    const Link& link = *static_cast<const Link*>(data);
    link.wake->hooked_ = false;
    link.sleeper->environment_ends();
  }

  napi_env env_;
  int set_;
  UniqueFd stop_;
  napi_threadsafe_function function_ = nullptr;
  Link* link_ = nullptr;  // until closed
  bool hooked_ = false;
  std::atomic<Phase> phase_ = Phase::kWaiting;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Wake> make_thread_wake(napi_env env, int set, Sleeper& sleeper) {
  return std::make_unique<ThreadWake>(env, set, sleeper);
}

}  // namespace alsa_utimer::binding
