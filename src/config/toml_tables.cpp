// SPDX-License-Identifier: EUPL-1.2
#include "config/toml_tables.hpp"

#include <lkdoctor/text.hpp>

#include "config/toml_cursor.hpp"

namespace lkdoctor::config {
namespace {

constexpr std::size_t kMostValues = 50'000;

TomlNode* existing(TomlNode& table, const KeyPart& part) {
  const auto found = table.index.find(part.text);
  return found == table.index.end() ? nullptr : &table.entries[found->second].value;
}
[[noreturn]] void duplicate(const std::vector<KeyPart>& parts, const KeyPart& part, const TomlNode& first) {
  TomlCursor::fail_at(part.place, "\"" + joined(parts) + "\" is set a second time; line " +
                                      std::to_string(first.place.line) + " has it already");
}

}  // namespace

std::string joined(const std::vector<KeyPart>& parts) {
  std::string out;
  for (const KeyPart& part : parts) out += (out.empty() ? "" : ".") + printable(part.text, 60);
  return out;
}

void TomlTables::count(Place place) {
  if (++values_ > kMostValues) TomlCursor::fail_at(place, "the file holds too many values");
}

TomlNode& TomlTables::add(TomlNode& table, const KeyPart& part) {
  count(part.place);
  table.index.emplace(part.text, table.entries.size());
  TomlNode& node = table.entries.emplace_back(TomlEntry{part.text, part.place, {}}).value;
  node.place = part.place;
  return node;
}

TomlNode* TomlTables::descend(TomlNode& table, const std::vector<KeyPart>& parts, const KeyPart& part) {
  TomlNode* next = existing(table, part);
  if (next == nullptr) return &add(table, part);
  if (next->kind == TomlNode::Kind::array && !next->closed) return &next->items.back();
  if (!next->is_table() || next->closed) duplicate(parts, part, *next);
  return next;
}

TomlNode* TomlTables::define(TomlNode& parent, const std::vector<KeyPart>& parts, Place opened) {
  TomlNode* table = existing(parent, parts.back());
  if (table != nullptr && (!table->is_table() || table->header || table->dotted || table->closed)) {
    duplicate(parts, parts.back(), *table);
  }
  if (table == nullptr) table = &add(parent, parts.back());
  table->header = true;
  table->place = opened;
  return table;
}

TomlNode* TomlTables::append(TomlNode& parent, const std::vector<KeyPart>& parts, Place opened) {
  TomlNode* array = existing(parent, parts.back());
  if (array != nullptr && (array->kind != TomlNode::Kind::array || array->closed)) {
    duplicate(parts, parts.back(), *array);
  }
  if (array == nullptr) {
    array = &add(parent, parts.back());
    array->kind = TomlNode::Kind::array;
    array->place = opened;
  }
  count(opened);
  TomlNode& table = array->items.emplace_back();
  table.header = true;
  table.place = opened;
  return &table;
}

TomlNode& TomlTables::for_pair(TomlNode& into, const std::vector<KeyPart>& parts) {
  TomlNode* table = &into;
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    TomlNode* next = existing(*table, parts[i]);
    if (next != nullptr && (!next->is_table() || next->header || next->closed))
      duplicate(parts, parts[i], *next);
    if (next == nullptr) {
      next = &add(*table, parts[i]);
      next->dotted = true;
    }
    table = next;
  }
  if (const TomlNode* first = existing(*table, parts.back())) duplicate(parts, parts.back(), *first);
  return *table;
}

void TomlTables::close(TomlNode& table) {
  table.closed = true;
  for (TomlEntry& entry : table.entries) {
    if (entry.value.is_table() && !entry.value.closed) close(entry.value);
  }
}

}  // namespace lkdoctor::config
