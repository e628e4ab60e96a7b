// A failed system call: the errno for machines, the call and its path for people. What it means is said in
// lib/.
#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

namespace alsa_utimer {

class SystemError : public std::exception {
 public:
  SystemError(int error, const char* syscall, std::string path = {})
      : error_(error), syscall_(syscall), path_(std::move(path)) {}

  [[nodiscard]] int error() const noexcept { return error_; }
  [[nodiscard]] const char* syscall() const noexcept { return syscall_; }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const char* what() const noexcept override { return syscall_; }

 private:
  int error_;
  const char* syscall_;
  std::string path_;
};

// A call on an object that was closed before.
class ClosedError : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "closed"; }
};

}  // namespace alsa_utimer
