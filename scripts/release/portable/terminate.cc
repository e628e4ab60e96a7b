// What std::terminate() does. That of libstdc++ writes the name of the exception in words, by a tenth of the
// whole addon.
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <exception>

namespace __cxxabiv1 {
namespace {

void write_text(const char* text) noexcept {
  if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) {
    std::abort();
  }
}

[[noreturn]] void say_and_abort() noexcept {
  write_text("alsa-utimer: terminated");
  try {
    if (std::current_exception() != nullptr) {
      throw;
    }
  } catch (const std::exception& error) {
    write_text(" by an exception: ");
    write_text(error.what());
  } catch (...) {
    write_text(" by an exception");
  }
  write_text("\n");
  std::abort();
}

}  // namespace

// Found here, the linker does not take libstdc++'s.
extern std::terminate_handler __terminate_handler;
std::terminate_handler __terminate_handler = say_and_abort;

}  // namespace __cxxabiv1
