// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/livekit_keys.hpp"
#include "config/yaml.hpp"

namespace lkdoctor::config {

/// What a field was given. A structure or map has `entries`, a list has `items`.
struct Value {
  bool is_set = false;
  bool is_nil = false;  ///< a list, map or pointer that was set to null
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string> scalar;
  std::vector<Value> items;
  std::map<std::string, Value, std::less<>> entries;
  const yaml::Node* node = nullptr;  ///< where the value stands; null: not in the file
  const yaml::Node* key = nullptr;   ///< its key

  const Value* find(std::string_view path) const;  ///< dotted; null if not set
};

/// Something the server refuses in a file that is good YAML.
struct Defect {
  enum class Kind { unknown_field, wrong_type, duplicate_key, other };
  Kind kind = Kind::other;
  std::string message;  ///< the server's words, for the first three with "line N: "
  std::string path;     ///< of the field ("rtc.tcp_port"); for an unknown one of the structure that lacks it
  std::string name;     ///< the key as written
  const Field* field = nullptr;
  const yaml::Node* node = nullptr;
  const yaml::Node* first = nullptr;  ///< of a duplicate: the earlier key
};

struct Decoded {
  Value root;
  std::vector<Defect> defects;
  /// The refusal as go-yaml words it, after "could not parse config: "; "" if there is none.
  std::string refusal;
  /// Keys and values that are accepted and mean nothing.
  std::vector<Defect> ignored;
};

/// Decodes as go-yaml decodes into the server's structures: `strict` refuses unknown fields.
Decoded decode(const yaml::Node& root, const Field& schema, bool strict);

/// Decodes a key file: one map of strings, not strict.
Decoded decode_key_file(const yaml::Node& root);

}  // namespace lkdoctor::config
