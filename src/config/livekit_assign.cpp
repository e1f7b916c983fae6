// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_assign.hpp"

#include <cmath>
#include <limits>

namespace lkdoctor::config {
namespace {

bool assign_bool(const yaml::Scalar& read, Value& value) {
  if (const auto* flag = std::get_if<bool>(&read.value)) {
    value.scalar = *flag;
    return true;
  }
  const auto* text = std::get_if<std::string>(&read.value);
  if (text == nullptr) return false;
  for (const std::string_view word : {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"}) {
    if (*text == word) return value.scalar = true, true;
  }
  for (const std::string_view word : {"n", "N", "no", "No", "NO", "off", "Off", "OFF"}) {
    if (*text == word) return value.scalar = false, true;
  }
  return false;
}

bool assign_integer(const yaml::Scalar& read, const Field& field, Value& value) {
  std::int64_t whole = 0;
  if (const auto* number = std::get_if<std::int64_t>(&read.value)) {
    whole = *number;
  } else if (const auto* real = std::get_if<double>(&read.value); real != nullptr && *real < 9.2e18) {
    // What is too small, -.inf too, becomes the smallest number.
    whole = *real < -9.2e18 ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(*real);
  } else {
    return false;
  }
  if (field.bits == 32 && (whole > std::numeric_limits<std::int32_t>::max() ||
                           whole < std::numeric_limits<std::int32_t>::min())) {
    return false;
  }
  value.scalar = whole;
  return true;
}

bool assign_unsigned(const yaml::Scalar& read, const Field& field, Value& value) {
  std::uint64_t whole = 0;
  if (const auto* number = std::get_if<std::int64_t>(&read.value)) {
    if (*number < 0) return false;
    whole = static_cast<std::uint64_t>(*number);
  } else if (const auto* large = std::get_if<std::uint64_t>(&read.value)) {
    whole = *large;
  } else if (const auto* real = std::get_if<double>(&read.value);
             real != nullptr && *real > -1 && *real < 1.8e19) {
    whole = static_cast<std::uint64_t>(*real);
  } else {
    return false;
  }
  if (field.bits < 64 && (whole >> static_cast<unsigned>(field.bits)) != 0) return false;
  value.scalar = whole;
  return true;
}

bool assign_float(const yaml::Scalar& read, Value& value) {
  if (const auto* real = std::get_if<double>(&read.value)) return value.scalar = *real, true;
  if (const auto* number = std::get_if<std::int64_t>(&read.value))
    return value.scalar = static_cast<double>(*number), true;
  if (const auto* large = std::get_if<std::uint64_t>(&read.value))
    return value.scalar = static_cast<double>(*large), true;
  return false;
}

}  // namespace

bool assign_scalar(const std::string& written, const yaml::Scalar& read, const Field& field, Value& value) {
  switch (field.kind) {
    case FieldKind::text:
      value.scalar = read.tag == "!!binary" ? std::get<std::string>(read.value) : written;
      return true;
    case FieldKind::boolean:
      return assign_bool(read, value);
    case FieldKind::integer:
      return assign_integer(read, field, value);
    case FieldKind::unsigned_integer:
      return assign_unsigned(read, field, value);
    case FieldKind::floating:
      return assign_float(read, value);
    case FieldKind::duration: {
      const auto* text = std::get_if<std::string>(&read.value);
      const auto duration = text == nullptr ? std::nullopt : yaml::go_duration(*text);
      if (duration) value.scalar = *duration;
      return duration.has_value();
    }
    default:
      return false;
  }
}

const Value* Value::find(std::string_view path) const {
  const Value* value = this;
  while (!path.empty()) {
    const std::size_t end = path.find('.');
    const auto found = value->entries.find(path.substr(0, end));
    if (found == value->entries.end()) return nullptr;
    value = &found->second;
    path = end == std::string_view::npos ? std::string_view() : path.substr(end + 1);
  }
  return value;
}

}  // namespace lkdoctor::config
