// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_context.hpp"

#include <charconv>
#include <lkdoctor/text.hpp>

#include "config/yaml_scalar.hpp"

namespace lkdoctor::config {
namespace {

const Value* given_value(const Context& context, std::string_view path) {
  const auto found = context.arguments.values.find(path);
  if (found != context.arguments.values.end()) return &found->second;
  return context.in_file(path);
}

std::string default_of(const Context& context, std::string_view path) {
  const Field* field = find_field(*context.schema, path);
  return field == nullptr ? std::string() : field->default_text;
}

int width_of(const yaml::Node& node) {
  const bool one_line = node.begin.line == node.end.line;
  return one_line ? std::max(1, node.end.column - node.begin.column) : 1;
}

}  // namespace

const Value* Context::in_file(std::string_view path) const {
  const Value* value = decoded.root.find(path);
  return value != nullptr && value->is_set ? value : nullptr;
}

bool Context::is_given(std::string_view path) const {
  return given_value(*this, path) != nullptr;
}

std::int64_t Context::integer(std::string_view path) const {
  if (const Value* value = given_value(*this, path)) {
    if (const auto* number = std::get_if<std::int64_t>(&value->scalar)) return *number;
    if (const auto* number = std::get_if<std::uint64_t>(&value->scalar))
      return static_cast<std::int64_t>(*number);
  }
  const std::string text = default_of(*this, path);
  if (const auto duration = yaml::go_duration(text)) return *duration;
  std::int64_t whole = 0;
  std::from_chars(text.data(), text.data() + text.size(), whole);
  return whole;
}

std::uint64_t Context::number(std::string_view path) const {
  const std::int64_t value = integer(path);
  return value < 0 ? 0 : static_cast<std::uint64_t>(value);
}

bool Context::flag(std::string_view path) const {
  const Value* value = given_value(*this, path);
  const bool* on = value == nullptr ? nullptr : std::get_if<bool>(&value->scalar);
  return on == nullptr ? default_of(*this, path) == "true" : *on;
}

std::string Context::string(std::string_view path) const {
  const Value* value = given_value(*this, path);
  const std::string* found = value == nullptr ? nullptr : std::get_if<std::string>(&value->scalar);
  return found == nullptr ? default_of(*this, path) : *found;
}

std::vector<std::string> Context::list(std::string_view path) const {
  std::vector<std::string> entries;
  const Value* value = in_file(path);
  if (value == nullptr) {
    const std::string listed = default_of(*this, path);  // "[0.0.0.0]"
    if (listed.size() > 2) entries.push_back(listed.substr(1, listed.size() - 2));
    return entries;
  }
  for (const Value& item : value->items) {
    const auto* entry = std::get_if<std::string>(&item.scalar);
    entries.push_back(entry == nullptr ? std::string() : *entry);
  }
  return entries;
}

bool Context::is_nil(std::string_view path) const {
  const Value* value = in_file(path);
  return value == nullptr ? default_of(*this, path).empty() : value->is_nil;
}

Origin Context::origin(std::string_view path) const {
  const auto found = arguments.generated.find(path);
  if (found != arguments.generated.end()) return found->second.origin;
  const Value* value = in_file(path);
  return value == nullptr ? Origin{} : origin_of(value->node);
}

Origin Context::origin_of(const yaml::Node* node) const {
  Origin origin = source;
  if (node != nullptr) {
    origin.line = node->begin.line;
    origin.column = node->begin.column;
  }
  return origin;
}

Finding& Context::raise(const FindingDef& definition, const Origin& origin, std::string sentence) {
  Finding& finding = settings().findings.emplace_back(definition, source.name);
  if (origin.known()) finding.at(origin);
  if (origin.kind != Origin::Kind::file && origin.known()) finding.subject = lkdoctor::text(origin);
  return finding.saying(std::move(sentence));
}

Finding& Context::raise(const FindingDef& definition, const yaml::Node* node, std::string sentence) {
  Finding& finding = raise(definition, origin_of(node), std::move(sentence));
  if (node != nullptr) finding.showing(excerpt(*this, node->begin, width_of(*node)));
  return finding;
}

Finding& Context::raise_at(const FindingDef& definition, std::string_view path, std::string sentence) {
  const auto found = arguments.generated.find(path);
  if (found != arguments.generated.end()) return raise(definition, found->second.origin, std::move(sentence));
  const Value* value = in_file(path);
  if (value == nullptr) return raise(definition, source, std::move(sentence));
  return raise(definition, value->node, std::move(sentence));
}

bool Context::listens_everywhere() const {
  return settings().bind_addresses.value.empty() && arguments.bind.empty() && is_nil("bind_addresses");
}

std::vector<std::string> Context::turn_addresses() const {
  if (find_field(*schema, "turn.bind_addresses") == nullptr) return {"0.0.0.0"};
  return list("turn.bind_addresses");
}

void Context::refuse(const std::string& reason) {
  if (is_refused()) return;
  settings().accepted = false;
  settings().reason = reason;
}

}  // namespace lkdoctor::config
