// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <string>

namespace lkdoctor {

/// Where a value came from, so that a finding can point at the line to change.
struct Origin {
  enum class Kind { builtin, file, environment, flag, discovered };
  Kind kind = Kind::builtin;
  std::string name;  ///< file path as the user named it, variable or flag name; empty for builtin
  int line = 0;      ///< 1-based; 0 = not known
  int column = 0;    ///< 1-based; 0 = not known

  bool known() const noexcept { return kind != Kind::builtin; }
  friend bool operator==(const Origin&, const Origin&) = default;
};
NLOHMANN_JSON_SERIALIZE_ENUM(Origin::Kind, {{Origin::Kind::builtin, "builtin"},
                                            {Origin::Kind::file, "file"},
                                            {Origin::Kind::environment, "environment"},
                                            {Origin::Kind::flag, "flag"},
                                            {Origin::Kind::discovered, "discovered"}})
LKDOCTOR_JSON(Origin, kind, name, line, column)

/// "livekit.yaml:42:9", "$LKDOCTOR_API_SECRET", "--public-url", "default".
std::string text(const Origin& origin);

/// A value with its origin. `T{}` with a builtin origin means: not set anywhere.
template <class T>
struct Sourced {
  T value{};
  Origin origin;

  bool is_set() const noexcept { return origin.known(); }
  friend bool operator==(const Sourced&, const Sourced&) = default;
};

template <class T>
void to_json(nlohmann::json& out, const Sourced<T>& sourced) {
  out = {{"value", sourced.value}, {"origin", sourced.origin}};
}
template <class T>
void from_json(const nlohmann::json& in, Sourced<T>& sourced) {
  in.at("value").get_to(sourced.value);
  in.at("origin").get_to(sourced.origin);
}

}  // namespace lkdoctor
