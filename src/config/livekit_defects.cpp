// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_defects.hpp"

#include <fmt/format.h>

#include <unordered_map>

namespace lkdoctor::config {
namespace {

using yaml::Node;

std::string cut(const std::string& value) {
  return value.size() > 10 ? value.substr(0, 7) + "..." : value;
}

Defect duplicate_of(const Node& first, const Node& again) {
  return {Defect::Kind::duplicate_key,
          fmt::format("line {}: mapping key \"{}\" already defined at line {}", again.begin.line, again.value,
                      first.begin.line),
          {},
          again.value,
          nullptr,
          &again,
          &first};
}

}  // namespace

Defect wrong_type_of(const Node& node, const std::string& tag, const Field& field, const Field* lasting) {
  std::string shown;
  if (node.kind == yaml::Kind::scalar) shown = " `" + cut(node.value) + "`";
  const std::string& name = node.tag.empty() ? tag : node.tag;
  return {Defect::Kind::wrong_type,
          fmt::format("line {}: cannot unmarshal {}{} into {}", node.begin.line, name, shown, field.go_type),
          field.path,
          node.value,
          lasting,
          &node,
          nullptr};
}

Defect unknown_field_of(const std::string& key, const Node& key_node, const Field& structure) {
  return {Defect::Kind::unknown_field,
          fmt::format("line {}: field {} not found in type {}", key_node.begin.line, key, structure.go_type),
          structure.path,
          key,
          &structure,
          &yaml::resolved(key_node),
          nullptr};
}

std::vector<Defect> duplicate_keys(const Node& mapping, std::size_t most) {
  std::unordered_map<std::string_view, std::vector<const Node*>> places;
  std::vector<const Node*> keys;
  for (std::size_t i = 0; i < mapping.children.size(); i += 2) {
    const Node& key = *mapping.children[i];
    if (key.kind != yaml::Kind::scalar) continue;
    keys.push_back(&key);
    places[key.value].push_back(&key);
  }
  std::vector<Defect> out;
  for (const Node* key : keys) {
    std::vector<const Node*>& equal = places[key->value];
    equal.erase(equal.begin());  // `key` itself: keys come in their order
    for (const Node* again : equal) {
      if (out.size() >= most) return out;
      out.push_back(duplicate_of(*key, *again));
    }
  }
  return out;
}

}  // namespace lkdoctor::config
