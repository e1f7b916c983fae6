// SPDX-License-Identifier: EUPL-1.2
// The rules of the crate `config`: prefix OPENTALK_CTRL, then `_`, names in lower case, `__` for each level.
#include <algorithm>
#include <charconv>
#include <lkdoctor/text.hpp>

#include "config/controller_parts.hpp"

namespace lkdoctor::config::controller {
namespace {

constexpr std::string_view kPrefix = "opentalk_ctrl_";
constexpr std::string_view kLegacyPrefix = "k3k_ctrl_";

std::string path_of(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool level = name.substr(i).starts_with("__");
    out += level ? '.' : name[i];
    if (level) ++i;
  }
  return out;
}

bool concerns_us(std::string_view path) {
  return path.find("livekit") != std::string_view::npos || path == "frontend.base_url";
}

/// The field that `path` sets in this layout; "" if it sets none. Old layout: `url` counts as itself.
std::string_view field_of(const Reader& reader, std::string_view path) {
  const std::string prefix = reader.section() + ".";
  if (reader.layout == Layout::none || !path.starts_with(prefix)) return {};
  return path.substr(prefix.size());
}

bool is_field(std::string_view name) {
  return std::find(kFields.begin(), kFields.end(), name) != kFields.end();
}

std::string right_name(const Reader& reader, std::string_view field) {
  std::string name = reader.layout == Layout::module ? "ROOMSERVER__MODULES__LIVEKIT__" : "LIVEKIT__";
  for (const char c : field) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return "OPENTALK_CTRL_" + name;
}

void refuse_duplicate(Reader& reader, const Variable& variable, const Field& field) {
  reader.refuse("livekit: duplicate field `service_url`");
  reader.raise(findings::controller_config_invalid, "livekit.service_url")
      .saying("The controller does not start: url and service_url are two names of the same setting; $" +
              variable.name + " sets one and " + text(field.origin) + " the other.")
      .with("reason", reader.settings.reason)
      .change("Use the name service_url in both places, or set it in one alone")
      .at({Origin::Kind::environment, variable.name})
      .also_at(field.origin);
}

/// True if the file (not the environment) names `key` in the old section.
bool file_has(const Reader& reader, std::string_view key) {
  const TomlEntry* section = reader.file.root.find_any_case("livekit");
  return section != nullptr && section->value.find_any_case(key) != nullptr;
}

void set_field(Reader& reader, Field& field, const Variable& variable) {
  if (field.present && field.origin.kind == Origin::Kind::file) field.overridden = field.origin;
  field.present = true;
  field.text = variable.value;
  field.origin = {Origin::Kind::environment, variable.name};
  field.problem.clear();
  field.was_number = false;
  if (reader.layout == Layout::module && parsed_from_environment(variable.value)) {
    field.was_number = true;
    field.problem = "$" + variable.name + " is read as a number or a boolean, not as text";
  }
}

void refuse_deeper(Field& field, const Variable& variable) {
  field.present = true;
  field.origin = {Origin::Kind::environment, variable.name};
  field.problem = "invalid type: map, expected a string";
}

/// A name that is nearly right sets nothing, and the controller does not say so.
void report_ignored(Reader& reader, const Variable& variable) {
  const std::string_view path = variable.path;
  const std::size_t at = path.find("livekit");
  std::string_view rest = path.substr(at + 7);
  while (!rest.empty() && (rest.front() == '.' || rest.front() == '_')) rest.remove_prefix(1);
  const std::string field = nearest(rest, {kFields.begin(), kFields.end()});
  if (field.empty()) return;
  reader.raise(findings::controller_environment_ignored, "$" + variable.name)
      .saying("$" + variable.name + " has no effect: the controller reads $" + right_name(reader, field) +
              ".")
      .change("Rename it to " + right_name(reader, field) + ", or remove it")
      .at({Origin::Kind::environment, variable.name});
}

void report_legacy(Reader& reader, const Variable& variable) {
  const bool works = reader.layout == Layout::livekit;
  reader.raise(findings::controller_environment_ignored, "$" + variable.name)
      .graded(Severity::warning)
      .saying("$" + variable.name +
              (works ? " is read by controllers up to 0.29 alone; from 0.30 on it has no effect."
                     : " has no effect: controllers from 0.30 on do not read it."))
      .change("Rename it to OPENTALK_CTRL_" + variable.name.substr(kLegacyPrefix.size()))
      .at({Origin::Kind::environment, variable.name});
}

void apply(Reader& reader, const Variable& variable) {
  if (variable.legacy) report_legacy(reader, variable);
  const std::string_view name = field_of(reader, variable.path);
  const bool alias = name == "url" && reader.layout == Layout::livekit;
  if (alias || is_field(name)) {
    Field& field = reader.field(alias ? "service_url" : name);
    const bool other_name = reader.layout == Layout::livekit && field.name == "service_url" &&
                            file_has(reader, alias ? "service_url" : "url");
    if (other_name) {
      refuse_duplicate(reader, variable, field);
    } else {
      set_field(reader, field, variable);
    }
    return;
  }
  for (Field& field : reader.fields) {
    if (name.starts_with(field.name + ".")) {
      refuse_deeper(field, variable);
      return;
    }
  }
  if (!variable.legacy && variable.path != "frontend.base_url") report_ignored(reader, variable);
}

bool parses_as_float(std::string_view value) {
  if (value.starts_with('+') || value.starts_with('-')) value.remove_prefix(1);
  const std::string lower = to_lower_ascii(value);
  if (lower == "inf" || lower == "infinity" || lower == "nan") return true;
  std::size_t digits = 0, i = 0;
  const auto take_digits = [&] {
    std::size_t count = 0;
    for (; i < lower.size() && lower[i] >= '0' && lower[i] <= '9'; ++i) ++count;
    return count;
  };
  digits += take_digits();
  if (i < lower.size() && lower[i] == '.') {
    ++i;
    digits += take_digits();
  }
  if (digits == 0) return false;
  if (i < lower.size() && lower[i] == 'e') {
    ++i;
    if (i < lower.size() && (lower[i] == '+' || lower[i] == '-')) ++i;
    if (take_digits() == 0) return false;
  }
  return i == lower.size();
}

}  // namespace

bool parsed_from_environment(std::string_view value) {
  const std::string lower = to_lower_ascii(value);
  // Every text that Rust reads as an integer it also reads as a float.
  return lower == "true" || lower == "false" || parses_as_float(value);
}

std::vector<Variable> variables_of(const std::map<std::string, std::string>& environment) {
  std::vector<Variable> legacy, current;
  for (const auto& [name, value] : environment) {
    const std::string lower = to_lower_ascii(name);
    const bool old = lower.starts_with(kLegacyPrefix);
    if (!old && !lower.starts_with(kPrefix)) continue;
    Variable variable{name, value,
                      path_of(std::string_view(lower).substr(old ? kLegacyPrefix.size() : kPrefix.size())),
                      old};
    if (concerns_us(variable.path)) (old ? legacy : current).push_back(std::move(variable));
  }
  // The later one wins.
  legacy.insert(legacy.end(), current.begin(), current.end());
  return legacy;
}

void apply_environment(Reader& reader, const std::vector<Variable>& variables) {
  for (const Variable& variable : variables) apply(reader, variable);
}

}  // namespace lkdoctor::config::controller
