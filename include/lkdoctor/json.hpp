// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace lkdoctor {
using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;  ///< where the order of fields is part of the format (the report)

/// True if JSON text is neither longer nor nested deeper than this.
bool is_bounded(std::string_view text, std::size_t max_bytes, std::size_t max_depth);

/// JSON text from a source that may be broken or hostile; nullopt if it is no JSON, longer than `max_bytes`
/// or nested deeper than `max_depth`.
std::optional<Json> parse_bounded(std::string_view text, std::size_t max_bytes, std::size_t max_depth);

/// One line of JSON. Bytes that are not UTF-8 become U+FFFD: a peer's text must not cost a check its result.
std::string dump_line(const Json& value);
}  // namespace lkdoctor

/// Gives a plain struct its JSON form, both ways; absent members keep their default. Used for observations
/// and facts, which travel between worker and parent and are stored to be judged again.
#define LKDOCTOR_JSON(Type, ...) NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Type, __VA_ARGS__)
/// The same for a struct without members.
#define LKDOCTOR_JSON_EMPTY(Type)                         \
  inline void to_json(nlohmann::json& out, const Type&) { \
    out = nlohmann::json::object();                       \
  }                                                       \
  inline void from_json(const nlohmann::json&, Type&) {}

namespace nlohmann {

template <class T>
struct adl_serializer<std::optional<T>> {
  template <class J>
  static void to_json(J& out, const std::optional<T>& value) {
    if (value) {
      out = *value;
    } else {
      out = nullptr;
    }
  }
  template <class J>
  static void from_json(const J& in, std::optional<T>& value) {
    if (in.is_null()) {
      value.reset();
    } else {
      value = in.template get<T>();
    }
  }
};

/// Durations are integers in the unit of their type (name fields accordingly: `took_us`).
template <class Rep, class Period>
struct adl_serializer<std::chrono::duration<Rep, Period>> {
  template <class J>
  static void to_json(J& out, const std::chrono::duration<Rep, Period>& value) {
    out = value.count();
  }
  template <class J>
  static void from_json(const J& in, std::chrono::duration<Rep, Period>& value) {
    value = std::chrono::duration<Rep, Period>(in.template get<Rep>());
  }
};

}  // namespace nlohmann
