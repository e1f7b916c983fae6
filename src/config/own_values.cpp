// SPDX-License-Identifier: EUPL-1.2
#include "config/own_values.hpp"

#include <algorithm>
#include <lkdoctor/text.hpp>

namespace lkdoctor::config::own {

void unknown(const TomlEntry& entry, const std::vector<std::string_view>& known, std::string_view where) {
  std::string near = nearest(to_lower_ascii(entry.key), known);
  const Twin* twin = where == "at the top" ? find_twin(entry.key) : nullptr;
  if (near.empty() && twin != nullptr) {
    near = std::string(twin->of_serve ? "[serve]" : "[defaults]") + " with " + entry.key + " below it";
  }
  throw Wrong{entry.key_place,
              "unknown key \"" + printable(entry.key, 60) + "\" " + std::string(where) +
                  (near.empty() ? "" : "; did you mean " + near + "?"),
              static_cast<int>(entry.key.size())};
}

void wrong_type(const TomlEntry& entry, std::string_view expected) {
  throw Wrong{entry.value.place, printable(entry.key, 60) + " must be " + std::string(expected) + ", not " +
                                     std::string(name_of(entry.value.kind))};
}

const TomlNode& table(const TomlEntry& entry, std::string_view prefix) {
  if (!entry.value.is_table()) wrong_type(entry, "a table: [" + std::string(prefix) + entry.key + "]");
  return entry.value;
}

const std::vector<TomlNode>& tables(const TomlEntry& entry, std::string_view prefix) {
  const bool all = std::all_of(entry.value.items.begin(), entry.value.items.end(),
                               [](const TomlNode& item) { return item.is_table(); });
  if (entry.value.kind != TomlNode::Kind::array || !all)
    wrong_type(entry, "written as [[" + std::string(prefix) + entry.key + "]]");
  return entry.value.items;
}

const std::string& string(const TomlEntry& entry) {
  if (entry.value.kind != TomlNode::Kind::string) wrong_type(entry, "a string");
  return entry.value.text;
}

}  // namespace lkdoctor::config::own
