#include "binding/errno_name.h"

#include <algorithm>
#include <array>
#include <cerrno>

namespace alsa_utimer::binding {
namespace {

struct Name {
  int error;
  const char* name;
};

#define NAME(error) \
  Name { error, #error }

constexpr std::array kNames{
    NAME(E2BIG),         NAME(EACCES),       NAME(EADDRINUSE),
    NAME(EADDRNOTAVAIL), NAME(EAFNOSUPPORT), NAME(EAGAIN),
    NAME(EALREADY),      NAME(EBADF),        NAME(EBADFD),
    NAME(EBUSY),         NAME(ECANCELED),    NAME(ECONNABORTED),
    NAME(ECONNREFUSED),  NAME(ECONNRESET),   NAME(EDEADLK),
    NAME(EDESTADDRREQ),  NAME(EDOM),         NAME(EEXIST),
    NAME(EFAULT),        NAME(EFBIG),        NAME(EHOSTDOWN),
    NAME(EHOSTUNREACH),  NAME(EILSEQ),       NAME(EINTR),
    NAME(EINVAL),        NAME(EIO),          NAME(EISCONN),
    NAME(EISDIR),        NAME(ELOOP),        NAME(EMFILE),
    NAME(EMLINK),        NAME(EMSGSIZE),     NAME(ENAMETOOLONG),
    NAME(ENETDOWN),      NAME(ENETUNREACH),  NAME(ENFILE),
    NAME(ENOBUFS),       NAME(ENODATA),      NAME(ENODEV),
    NAME(ENOENT),        NAME(ENOEXEC),      NAME(ENOLCK),
    NAME(ENOMEM),        NAME(ENONET),       NAME(ENOPROTOOPT),
    NAME(ENOSPC),        NAME(ENOSYS),       NAME(ENOTCONN),
    NAME(ENOTDIR),       NAME(ENOTEMPTY),    NAME(ENOTSOCK),
    NAME(ENOTSUP),       NAME(ENOTTY),       NAME(ENOTUNIQ),
    NAME(ENXIO),         NAME(EOVERFLOW),    NAME(EPERM),
    NAME(EPIPE),         NAME(EPROTO),       NAME(EPROTONOSUPPORT),
    NAME(EPROTOTYPE),    NAME(ERANGE),       NAME(EREMOTEIO),
    NAME(EROFS),         NAME(ESHUTDOWN),    NAME(ESOCKTNOSUPPORT),
    NAME(ESPIPE),        NAME(ESRCH),        NAME(ESTALE),
    NAME(ESTRPIPE),      NAME(ETIME),        NAME(ETIMEDOUT),
    NAME(ETXTBSY),       NAME(EUNATCH),      NAME(EUSERS),
    NAME(EXDEV),
};

#undef NAME

}  // namespace

std::string errno_name(int error) {
  const auto* const found =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& each) { return each.error == error; });
  return found == kNames.end() ? std::string("E").append(std::to_string(error)) : found->name;
}

}  // namespace alsa_utimer::binding
