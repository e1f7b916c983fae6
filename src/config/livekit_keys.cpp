// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_keys.hpp"

#include <charconv>

namespace lkdoctor::config {
namespace {

std::array<int, 3> numbers_of(std::string_view version) {
  std::array<int, 3> out{};
  if (version.starts_with('v')) version.remove_prefix(1);
  for (int& number : out) {
    const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), number);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (error != std::errc{} || !version.starts_with('.')) break;
    version.remove_prefix(1);
  }
  return out;
}

struct ScalarKind {
  std::string_view name;
  FieldKind kind;
  int bits;
};
constexpr std::array<ScalarKind, 13> kScalars{{{"bool", FieldKind::boolean, 1},
                                               {"string", FieldKind::text, 0},
                                               {"duration", FieldKind::duration, 64},
                                               {"int", FieldKind::integer, 64},
                                               {"int32", FieldKind::integer, 32},
                                               {"int64", FieldKind::integer, 64},
                                               {"uint8", FieldKind::unsigned_integer, 8},
                                               {"uint16", FieldKind::unsigned_integer, 16},
                                               {"uint32", FieldKind::unsigned_integer, 32},
                                               {"uint64", FieldKind::unsigned_integer, 64},
                                               {"float32", FieldKind::floating, 32},
                                               {"float64", FieldKind::floating, 64},
                                               {"struct", FieldKind::structure, 0}}};

std::unique_ptr<Field> field_of(std::string_view type, std::string_view go_type, const KeyRow& row) {
  auto field = std::make_unique<Field>();
  field->path = row.path;
  field->go_type = go_type;
  if (type.starts_with('*')) {
    field->pointer = true;
    type.remove_prefix(1);
  }
  if (row.custom) {
    field->kind = FieldKind::custom;
    return field;
  }
  if (type.starts_with("[]")) {
    field->kind = FieldKind::list;
    field->element = field_of(type.substr(2), go_type.substr(2), row);
    return field;
  }
  if (type.starts_with("map[")) {
    field->kind = FieldKind::map;
    field->integer_keys = type.starts_with("map[int");
    field->element = field_of(type.substr(type.find(']') + 1), go_type.substr(go_type.find(']') + 1), row);
    // A protobuf message: read by rules of its own.
    if (field->element->pointer) field->element->kind = FieldKind::opaque;
    return field;
  }
  for (const ScalarKind& scalar : kScalars) {
    if (scalar.name != type) continue;
    field->kind = scalar.kind;
    field->bits = scalar.bits;
  }
  return field;
}

/// Splits "rtc.turn_servers[].host" into steps "rtc", "turn_servers", "[]", "host".
std::vector<std::string_view> steps_of(std::string_view path) {
  std::vector<std::string_view> steps;
  while (!path.empty()) {
    const std::size_t end = path.find('.');
    std::string_view name = path.substr(0, end);
    const bool element = name.ends_with("[]") || name.ends_with("{}");
    if (element) name.remove_suffix(2);
    steps.push_back(name);
    if (element) steps.push_back("[]");
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return steps;
}

Field* child_of(const Field& field, std::string_view step) {
  if (step == "[]") return field.element.get();
  const auto found = field.fields.find(step);
  return found == field.fields.end() ? nullptr : found->second.get();
}

}  // namespace

int compare_versions(std::string_view left, std::string_view right) {
  const auto a = numbers_of(left), b = numbers_of(right);
  return a < b ? -1 : a == b ? 0 : 1;
}

const KeyTable& key_table_for(std::string_view version) {
  const auto tables = key_tables();
  if (version.empty()) return tables.back();
  const KeyTable* best = &tables.front();
  for (const KeyTable& table : tables) {
    if (compare_versions(table.version, version) <= 0) best = &table;
  }
  return *best;
}

std::unique_ptr<Field> field_tree(const KeyTable& table) {
  auto root = field_of("struct", table.rows.front().go_type, table.rows.front());
  for (const KeyRow& row : table.rows.subspan(1)) {
    const auto steps = steps_of(row.path);
    Field* parent = root.get();
    for (std::size_t i = 0; parent != nullptr && i + 1 < steps.size(); ++i)
      parent = child_of(*parent, steps[i]);
    // Fields below one with a reader of its own are reachable by argument and environment alone.
    if (parent == nullptr) continue;
    auto field = field_of(row.type, row.go_type, row);
    field->default_text = row.default_text;
    parent->fields.insert_or_assign(std::string(steps.back()), std::move(field));
  }
  return root;
}

const Field* find_field(const Field& root, std::string_view path) {
  const Field* field = &root;
  for (const std::string_view step : steps_of(path)) {
    field = child_of(*field, step);
    if (field == nullptr) return nullptr;
  }
  return field;
}

}  // namespace lkdoctor::config
