// Reading arguments that crossed the seam. lib/ checks ranges and explains; this only refuses what would be
// undefined.
#pragma once

#include <napi.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace alsa_utimer::binding {

inline Napi::TypeError expected(Napi::Env env, const char* name, const char* type) {
  return Napi::TypeError::New(env, std::string(name) + " must be " + type);
}

inline std::string read_string(const Napi::Value& value, const char* name) {
  if (!value.IsString()) {
    throw expected(value.Env(), name, "a string");
  }
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') != std::string::npos) {
    throw expected(value.Env(), name, "a string without NUL characters");
  }
  return text;
}

inline bool read_boolean(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) {
    throw expected(value.Env(), name, "a boolean");
  }
  return value.As<Napi::Boolean>().Value();
}

template <typename Integer>
Integer read_integer(const Napi::Value& value, const char* name) {
  static_assert(sizeof(Integer) <= 4, "a double holds integers up to 32 bits and all their neighbours");
  if (value.IsNumber()) {
    const double number = value.As<Napi::Number>().DoubleValue();
    if (std::trunc(number) == number && number >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
        number <= static_cast<double>(std::numeric_limits<Integer>::max())) {
      return static_cast<Integer>(number);
    }
  }
  throw expected(value.Env(), name, "an integer that fits 32 bits");
}

inline std::uint64_t read_uint64(const Napi::Value& value, const char* name) {
  if (value.IsBigInt()) {
    bool lossless = false;
    const std::uint64_t number = value.As<Napi::BigInt>().Uint64Value(&lossless);
    if (lossless) {
      return number;
    }
  }
  throw expected(value.Env(), name, "a bigint of 0..2^64-1");
}

// The bytes of a Uint8Array, valid until JavaScript runs again.
struct Bytes {
  std::uint8_t* data;
  std::size_t length;
};

inline Bytes read_bytes(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw expected(value.Env(), name, "a Uint8Array");
  }
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

inline Napi::Object read_object(const Napi::Value& value, const char* name) {
  if (!value.IsObject()) {
    throw expected(value.Env(), name, "an object");
  }
  return value.As<Napi::Object>();
}

inline std::uint32_t read_positive(const Napi::Object& object, const char* name) {
  const auto number = read_integer<std::uint32_t>(object.Get(name), name);
  if (number == 0) {
    throw expected(object.Env(), name, "1 or more");
  }
  return number;
}

}  // namespace alsa_utimer::binding
