// Threads that wait by a Condition. It does what its first argument says, and prints one line of numbers.
//   relay THREADS ROUNDS   each thread in turn adds one to what the mutex guards: the sum
//   crowd THREADS          all wait for one notification: how many were woken
//   until NS               waits NS from now without a notification: 1 where that time had come when it
//   returned early                  waits for an hour, and is notified: 1 where it returned before
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "alsa/condition.h"

namespace {

using alsa_utimer::Condition;

struct Shared {
  std::mutex mutex;
  Condition changed;
  int count = 0;
};

int relay(int threads, int rounds) {
  Shared shared;
  std::vector<std::thread> runners;
  for (int own = 0; own < threads; ++own) {
    runners.emplace_back([&shared, own, threads, rounds] {
      for (int round = 0; round < rounds; ++round) {
        std::unique_lock lock(shared.mutex);
        shared.changed.wait(lock, [&] { return shared.count % threads == own; });
        ++shared.count;
        lock.unlock();
        shared.changed.notify_all();
      }
    });
  }
  for (std::thread& each : runners) {
    each.join();
  }
  return shared.count;
}

int crowd(int threads) {
  Shared shared;
  bool open = false;
  int woken = 0;
  std::vector<std::thread> waiting;
  for (int i = 0; i < threads; ++i) {
    waiting.emplace_back([&] {
      std::unique_lock lock(shared.mutex);
      ++shared.count;
      shared.changed.notify_all();
      shared.changed.wait(lock, [&] { return open; });
      ++woken;
    });
  }
  {
    std::unique_lock lock(shared.mutex);
    shared.changed.wait(lock, [&] { return shared.count == threads; });
    open = true;
    shared.changed.notify_all();
  }
  for (std::thread& each : waiting) {
    each.join();
  }
  return woken;
}

bool until(std::chrono::nanoseconds time) {
  Shared shared;
  const Condition::Clock::time_point end = Condition::Clock::now() + time;
  std::unique_lock lock(shared.mutex);
  shared.changed.wait_until(lock, end);
  return lock.owns_lock() && Condition::Clock::now() >= end;
}

bool early() {
  Shared shared;
  const Condition::Clock::time_point end = Condition::Clock::now() + std::chrono::hours(1);
  std::thread other([&shared] {
    const std::lock_guard lock(shared.mutex);
    shared.count = 1;
    shared.changed.notify_all();
  });
  std::unique_lock lock(shared.mutex);
  while (shared.count == 0) {
    shared.changed.wait_until(lock, end);
  }
  lock.unlock();
  other.join();
  return Condition::Clock::now() < end;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::string& what = arguments.at(0);
  const auto number = [&arguments](std::size_t index) { return std::atoll(arguments.at(index).c_str()); };
  if (what == "relay") {
    std::cout << relay(static_cast<int>(number(1)), static_cast<int>(number(2))) << '\n';
  } else if (what == "crowd") {
    std::cout << crowd(static_cast<int>(number(1))) << '\n';
  } else if (what == "until") {
    std::cout << until(std::chrono::nanoseconds(number(1))) << '\n';
  } else if (what == "early") {
    std::cout << early() << '\n';
  } else {
    return 2;
  }
  return 0;
}
