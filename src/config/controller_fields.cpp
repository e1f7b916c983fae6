// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "config/controller_parts.hpp"

namespace lkdoctor::config::controller {
namespace {

const TomlNode* table_at(const TomlNode& root, std::initializer_list<std::string_view> path) {
  const TomlNode* node = &root;
  for (const std::string_view key : path) {
    const TomlEntry* entry = node->find(key);
    if (entry == nullptr) return nullptr;
    node = &entry->value;
  }
  return node;
}

const TomlNode* section_node(const Reader& reader) {
  if (reader.layout == Layout::module)
    return table_at(reader.file.root, {"roomserver", "modules", "livekit"});
  const TomlEntry* entry = reader.file.root.find_any_case("livekit");
  return entry == nullptr ? nullptr : &entry->value;
}

bool any_with_prefix(const std::vector<Variable>& variables, std::string_view prefix) {
  return std::any_of(variables.begin(), variables.end(),
                     [&](const Variable& variable) { return variable.path.starts_with(prefix); });
}

std::string sequence_problem(const Reader& reader, const TomlNode& node) {
  const std::string kind = node.is_table() ? "map" : "sequence";
  return reader.layout == Layout::livekit ? "invalid type: " + kind + ", expected a string"
                                          : "it is " + std::string(name_of(node.kind)) + ", not a string";
}

void read_field(Reader& reader, Field& field, const TomlNode& node) {
  field.present = true;
  field.text = node.text;
  field.origin = reader.at(node.place);
  if (node.kind == TomlNode::Kind::string) return;
  field.was_number = node.is_scalar();
  if (!node.is_scalar() || reader.layout == Layout::module) field.problem = sequence_problem(reader, node);
}

void refuse_section(Reader& reader, const TomlNode& node, const std::string& why) {
  const bool module = reader.layout == Layout::module;
  reader.refuse(module ? "the LiveKit module is left out without a word: " + why
                       : reader.section() + ": " + why);
  reader.raise(findings::controller_config_invalid, reader.section())
      .saying((module ? "The controller starts without LiveKit, and says nothing: "
                      : "The controller does not start: ") +
              reader.section() + " is " + std::string(name_of(node.kind)) + ", not a table of four values.")
      .with("reason", reader.settings.reason)
      .change("Write [" + reader.section() +
              "] once, with api_key, api_secret, public_url and service_url below it")
      .at(reader.at(node.place))
      .showing(excerpt_of(reader.text(), node.place));
}

/// Old layout alone: `url` is another name of `service_url`, and both together are refused.
void read_alias(Reader& reader, const TomlNode& table) {
  const TomlEntry* alias = table.find_any_case("url");
  if (alias == nullptr || reader.layout != Layout::livekit) return;
  Field& field = reader.field("service_url");
  if (!field.present) {
    read_field(reader, field, alias->value);
    return;
  }
  reader.refuse("livekit: duplicate field `service_url`");
  reader.raise(findings::controller_config_invalid, "livekit.service_url")
      .saying(
          "The controller does not start: url and service_url are two names of the same setting, and both "
          "are set.")
      .with("reason", reader.settings.reason)
      .change("Remove url, the old name")
      .at(reader.at(alias->key_place))
      .also_at(field.origin)
      .showing(excerpt_of(reader.text(), alias->key_place, 3));
}

/// Where else in the file a missing field stands: a dotted key or a field below another header.
const TomlEntry* misplaced(const TomlNode& table, std::string_view name, std::string_view path, int depth) {
  if (depth > 6) return nullptr;
  for (const TomlEntry& entry : table.entries) {
    const std::string inner = std::string(path) + "." + to_lower_ascii(entry.key);
    const bool own = inner == ".livekit" || inner == ".roomserver.modules.livekit";
    if (own || (entry.key == "roomserver" && depth == 0)) continue;
    if (entry.key == name && path != ".roomserver") return &entry;
    const TomlEntry* found =
        entry.value.is_table() ? misplaced(entry.value, name, inner, depth + 1) : nullptr;
    for (const TomlNode& item : entry.value.items) {
      if (found == nullptr && item.is_table()) found = misplaced(item, name, inner, depth + 1);
    }
    if (found != nullptr) return found;
  }
  return nullptr;
}

/// A key of the section that was probably meant.
const TomlEntry* misspelled(const Reader& reader, std::string_view name) {
  const TomlNode* section = section_node(reader);
  if (section == nullptr) return nullptr;
  for (const TomlEntry& entry : section->entries) {
    const std::string lower = to_lower_ascii(entry.key);
    const bool is_field = std::find(kFields.begin(), kFields.end(), entry.key) != kFields.end();
    if (!is_field &&
        (lower == name || nearest(lower, {name}) == name || (lower == "url" && name == "service_url"))) {
      return &entry;
    }
  }
  return nullptr;
}

void hint_at_misplaced(Reader& reader, Finding& finding, const std::string& name) {
  if (const TomlEntry* near = misspelled(reader, name)) {
    finding.at(reader.at(near->key_place))
        .showing(excerpt_of(reader.text(), near->key_place, static_cast<int>(near->key.size())))
        .change("Write " + name + " instead of " + printable(near->key, 40));
  } else if (const TomlEntry* other = misplaced(reader.file.root, name, "", 0)) {
    finding.at(reader.at(other->key_place))
        .showing(excerpt_of(reader.text(), other->key_place, static_cast<int>(other->key.size())))
        .change("Move line " + std::to_string(other->key_place.line) + " up, directly below [" +
                reader.section() + "]: a key belongs to the table whose header stands last before it");
  } else if (const TomlNode* section = section_node(reader)) {
    finding.at(reader.at(section->place)).change("Add " + name + " below [" + reader.section() + "]");
  }
}

void report_missing(Reader& reader, const std::string& name) {
  // What follows a syntax error was not read.
  if (reader.file.error) return;
  const bool module = reader.layout == Layout::module;
  const std::string own = "missing field `" + name + "`";
  const std::string reason = (module ? "the LiveKit module is left out without a word: " : "livekit: ") + own;
  reader.refuse(reason);
  Finding& finding = reader.raise(findings::controller_config_invalid, reader.section() + "." + name)
                         .saying((module ? "The controller starts without LiveKit, and says nothing: "
                                         : "The controller does not start: ") +
                                 reader.section() + "." + name + " is missing.")
                         .with("reason", reason);
  hint_at_misplaced(reader, finding, name);
}

void report_type(Reader& reader, const Field& field) {
  const bool module = reader.layout == Layout::module;
  const std::string path = reader.section() + "." + field.name;
  reader.refuse(module ? "the LiveKit module is left out without a word: " + field.name + ": " + field.problem
                       : path + ": " + field.problem + " for key `" + path + "`");
  Finding& finding = reader.raise(findings::controller_config_invalid, path)
                         .saying((module ? "The controller starts without LiveKit, and says nothing: "
                                         : "The controller does not start: ") +
                                 path + (module ? ": " : " is no text: ") + field.problem + ".")
                         .with("reason", reader.settings.reason)
                         .change("Put the value of " + field.name + " in quotation marks")
                         .at(field.origin);
  if (field.origin.kind == Origin::Kind::file) {
    finding.showing(excerpt_of(reader.text(), {field.origin.line, field.origin.column}));
  } else if (field.was_number) {
    finding.change(
        "Choose a value for " + field.name +
        " that is neither a number nor true or false, in LiveKit's keys too: from the environment such a "
        "value never arrives as text. Or write it into the file, in quotation marks");
  }
}

void report_number(Reader& reader, const Field& field) {
  const bool environment = field.origin.kind == Origin::Kind::environment;
  Finding& finding =
      reader.raise(findings::credential_read_as_number, reader.section() + "." + field.name)
          .saying(
              environment
                  ? "$" + field.origin.name +
                        " looks like a number or a boolean: controllers from 0.33 on do not keep it as text."
                  : field.name + " stands without quotation marks and is read as " +
                        "a number, boolean or date, then turned into text again.")
          .at(field.origin);
  if (!environment) finding.showing(excerpt_of(reader.text(), {field.origin.line, field.origin.column}));
}

void report_empty(Reader& reader, const Field& field) {
  if (field.origin.kind == Origin::Kind::environment) {
    Finding& finding =
        reader.raise(findings::controller_environment_empty, "$" + field.origin.name)
            .saying("$" + field.origin.name + " is set but empty, and so " + reader.section() + "." +
                    field.name + " is empty" +
                    (field.overridden ? ", whatever " + text(*field.overridden) + " says." : "."))
            .at(field.origin);
    if (field.overridden) finding.also_at(*field.overridden);
    return;
  }
  reader.raise(findings::controller_config_invalid, reader.section() + "." + field.name)
      .saying(reader.section() + "." + field.name + " is empty: nobody gets audio or video.")
      .change("Fill in " + field.name + ", then restart the controller")
      .at(field.origin)
      .showing(excerpt_of(reader.text(), {field.origin.line, field.origin.column}));
}

void report_no_section(Reader& reader) {
  if (reader.file.error) return;
  reader.refuse("missing field `livekit`");
  Finding& finding =
      reader.raise(findings::controller_config_invalid, "livekit")
          .saying(reader.inputs.file_name + " has no LiveKit section: neither [livekit] nor [" +
                  std::string(kModulePath) + "].")
          .with("reason", reader.settings.reason)
          .change("Add [livekit] (controller up to 0.33) or [" + std::string(kModulePath) +
                  "] (from 0.34 on) with api_key, api_secret, public_url and service_url");
  for (const TomlEntry& entry : reader.file.root.entries) {
    if (nearest(to_lower_ascii(entry.key), {"livekit"}).empty()) continue;
    finding.at(reader.at(entry.key_place))
        .showing(excerpt_of(reader.text(), entry.key_place, static_cast<int>(entry.key.size())))
        .change("Write [livekit] instead of [" + printable(entry.key, 40) + "]");
  }
  if (!finding.origin && !reader.inputs.file_name.empty()) finding.at(reader.at({}));
}

}  // namespace

void choose_layout(Reader& reader, const std::vector<Variable>& variables) {
  const TomlNode* modules = table_at(reader.file.root, {"roomserver", "modules"});
  const bool module_file = modules != nullptr && modules->is_table() && !modules->entries.empty();
  const bool old_file = reader.file.root.find_any_case("livekit") != nullptr;
  const bool has_module = module_file && modules->find("livekit") != nullptr;
  if (has_module || any_with_prefix(variables, std::string(kModulePath) + ".")) {
    reader.layout = Layout::module;
  } else if (old_file || any_with_prefix(variables, "livekit.")) {
    reader.layout = Layout::livekit;
  } else if (module_file) {
    reader.layout = Layout::module;
  }
}

void read_fields(Reader& reader) {
  const TomlNode* section = reader.layout == Layout::none ? nullptr : section_node(reader);
  if (section == nullptr) return;
  if (section->kind == TomlNode::Kind::array && section->closed && section->items.size() == kFields.size()) {
    for (std::size_t i = 0; i < kFields.size(); ++i)
      read_field(reader, reader.fields.at(i), section->items[i]);
    return;
  }
  if (!section->is_table()) {
    refuse_section(reader, *section,
                   "invalid type: " + std::string(name_of(section->kind)) + ", expected a table");
    return;
  }
  for (Field& field : reader.fields) {
    const TomlEntry* entry =
        reader.layout == Layout::livekit ? section->find_any_case(field.name) : section->find(field.name);
    if (entry != nullptr) read_field(reader, field, entry->value);
  }
  read_alias(reader, *section);
}

void judge_fields(Reader& reader) {
  if (reader.layout == Layout::none) {
    report_no_section(reader);
    return;
  }
  const TomlNode* section = section_node(reader);
  const bool unreadable = section != nullptr && !section->is_table() && !reader.fields.front().present;
  for (const Field& field : reader.fields) {
    if (!field.present) {
      if (!unreadable) report_missing(reader, field.name);
    } else if (!field.problem.empty()) {
      report_type(reader, field);
    } else if (field.text.empty()) {
      report_empty(reader, field);
    } else if (field.was_number ||
               (field.name == "api_secret" && field.origin.kind == Origin::Kind::environment &&
                parsed_from_environment(field.text))) {
      report_number(reader, field);
    }
  }
}

}  // namespace lkdoctor::config::controller
