// SPDX-License-Identifier: EUPL-1.2
#include "config/controller.hpp"

#include <algorithm>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/secret.hpp>
#include <lkdoctor/text.hpp>
#include <lkdoctor/url.hpp>

#include "config/controller_parts.hpp"
#include "model/recording.hpp"

namespace lkdoctor::config {
namespace controller {

Field& Reader::field(std::string_view name) {
  return *std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == name; });
}

void Reader::refuse(std::string reason) {
  settings.accepted = false;
  if (settings.reason.empty()) settings.reason = std::move(reason);
}

std::string Reader::section() const {
  return layout == Layout::module ? std::string(kModulePath) : layout == Layout::livekit ? "livekit" : "";
}

namespace {

/// A syntax error stops the controller; what stands before it is still looked at.
void report_syntax_error(Reader& reader) {
  const TomlError& error = *reader.file.error;
  const std::string where =
      std::to_string(error.place.line) + ", column " + std::to_string(error.place.column);
  reader.refuse("Failed to read data as config: TOML parse error at line " + where);
  reader.raise(findings::controller_config_invalid, reader.inputs.file_name)
      .saying("The controller does not start: " + reader.inputs.file_name + " is no valid TOML at line " +
              std::to_string(error.place.line) + ": " + error.message + ".")
      .with("reason", reader.settings.reason)
      .change("Correct line " + std::to_string(error.place.line) + ", then restart the controller")
      .at(reader.at(error.place))
      .showing(excerpt_of(reader.text(), error.place));
}

/// The byte order mark with which Windows begins "Unicode" files.
bool is_utf16(std::string_view text) {
  return text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
}

/// `config` 0.14, under controllers with [livekit], refuses bytes that are no UTF-8; 0.15 replaces them.
void judge_encoding(Reader& reader, Place bad) {
  if (reader.layout == Layout::livekit) {
    reader.refuse("stream did not contain valid UTF-8");
    reader.raise(findings::controller_config_invalid, reader.inputs.file_name)
        .saying("The controller does not start: " +
                (is_utf16(reader.text()) ? reader.inputs.file_name + " is UTF-16, not UTF-8."
                                         : "line " + std::to_string(bad.line) + " of " +
                                               reader.inputs.file_name + " holds a byte that is no UTF-8."))
        .with("reason", reader.settings.reason)
        .change("Save the file as UTF-8, then restart the controller")
        .at(reader.at(bad));
  } else {
    reader.raise(findings::controller_config_invalid, reader.inputs.file_name)
        .graded(Severity::warning)
        .saying("Line " + std::to_string(bad.line) + " of " + reader.inputs.file_name +
                " holds a byte that is no UTF-8; the controller reads another character there.")
        .change("Save the file as UTF-8")
        .at(reader.at(bad));
  }
}

void judge_newer_syntax(Reader& reader) {
  if (!reader.file.toml_1_1 || reader.layout != Layout::livekit) return;
  const Place place = *reader.file.toml_1_1;
  reader.refuse("Failed to read data as config: TOML parse error at line " + std::to_string(place.line) +
                ", column " + std::to_string(place.column));
  reader.raise(findings::controller_config_invalid, reader.inputs.file_name)
      .saying("The controller does not start: line " + std::to_string(place.line) + " of " +
              reader.inputs.file_name + " uses TOML 1.1, and controllers that read [livekit] know 1.0.")
      .with("reason", reader.settings.reason)
      .at(reader.at(place))
      .showing(excerpt_of(reader.text(), place));
}

void take_over(Reader& reader) {
  const auto sourced = [&](std::string_view name) {
    const Field& field = reader.field(name);
    Sourced<std::string> out;
    if (!field.present || !field.problem.empty()) return out;
    // Readers of URLs strip blanks at either end; the finding about them stands.
    const std::string value = name.ends_with("_url") ? std::string(trimmed(field.text)) : field.text;
    out = {without_secret_parts(value), field.origin};
    return out;
  };
  reader.settings.public_url = sourced("public_url");
  reader.settings.service_url = sourced("service_url");
  reader.settings.api_key = sourced("api_key");
  const Field& secret = reader.field("api_secret");
  if (secret.present && secret.problem.empty()) {
    reader.api_secret = Secret(secret.text);
    reader.settings.api_secret = {traits_of(reader.api_secret), secret.origin};
  }
}

void read_frontend(Reader& reader, const std::vector<Variable>& variables) {
  const TomlEntry* frontend = reader.file.root.find_any_case("frontend");
  const TomlEntry* base = frontend == nullptr ? nullptr : frontend->value.find_any_case("base_url");
  if (base != nullptr && base->value.kind == TomlNode::Kind::string) {
    reader.settings.frontend_base_url = {without_secret_parts(base->value.text),
                                         reader.at(base->value.place)};
  }
  for (const Variable& variable : variables) {
    if (variable.path != "frontend.base_url") continue;
    reader.settings.frontend_base_url = {without_secret_parts(variable.value),
                                         {Origin::Kind::environment, variable.name}};
  }
}

/// A line of the file that a finding shows may hold the secret, e.g. behind a forgotten quote.
void mask_secret(Reader& reader) {
  Redactor redactor;
  redactor.add(reader.api_secret);
  Json shown = reader.settings.findings;
  redact(shown, redactor);
  reader.settings.findings = shown.get<std::vector<Finding>>();
  reader.settings.reason = redactor.clean(reader.settings.reason);
}

/// nullopt: the bytes are fine.
std::optional<Place> parse(Reader& reader) {
  if (!reader.inputs.text) return std::nullopt;
  if (is_valid_utf8(*reader.inputs.text)) {
    reader.file = parse_toml(*reader.inputs.text);
    return std::nullopt;
  }
  const TomlFile strict = parse_toml(*reader.inputs.text);
  reader.file = parse_toml(with_valid_utf8(*reader.inputs.text));
  return strict.error->place;
}

}  // namespace
}  // namespace controller

ControllerReading read_controller(const ControllerInputs& inputs) {
  controller::Reader reader{inputs, {}, {}, {}, {}, {}};
  for (std::size_t i = 0; i < controller::kFields.size(); ++i)
    reader.fields.at(i).name = controller::kFields.at(i);
  reader.settings.file = inputs.file_name;
  const auto variables = controller::variables_of(inputs.environment);
  const auto bad_byte = controller::parse(reader);
  controller::choose_layout(reader, variables);
  reader.settings.section = reader.section();
  if (reader.file.error) controller::report_syntax_error(reader);
  if (bad_byte && !reader.file.error) controller::judge_encoding(reader, *bad_byte);
  controller::judge_newer_syntax(reader);
  controller::read_fields(reader);
  controller::apply_environment(reader, variables);
  controller::judge_fields(reader);
  controller::judge_values(reader);
  controller::judge_other_tables(reader);
  controller::read_frontend(reader, variables);
  controller::take_over(reader);
  controller::mask_secret(reader);
  // Without a file the controller would not come so far; nothing can be said of its start.
  if (!reader.settings.accepted && inputs.text) reader.settings.accepted = true;
  return {std::move(reader.settings), std::move(reader.api_secret)};
}

bool names_controller(const std::map<std::string, std::string>& environment) {
  const auto variables = controller::variables_of(environment);
  return std::any_of(variables.begin(), variables.end(), [](const controller::Variable& variable) {
    return variable.path.starts_with("livekit.") ||
           variable.path.starts_with(std::string(controller::kModulePath) + ".");
  });
}

bool is_opentalk_file(std::string_view text) {
  // Names that other programs' config.toml would hardly have.
  constexpr std::array<std::string_view, 13> kTables{
      "livekit", "roomserver",    "room_server", "keycloak", "oidc",     "user_search", "minio",
      "call_in", "subroom_audio", "tariffs",     "tenants",  "etherpad", "spacedeck"};
  const TomlFile file = parse_toml(text);
  for (const std::string_view table : kTables) {
    if (file.root.find_any_case(table) != nullptr) return true;
  }
  // Behind a syntax error only headers can be recognised.
  if (!file.error) return false;
  for (const std::string_view table : kTables) {
    const std::string header = "\n[" + std::string(table);
    for (std::size_t at = text.find(header); at != std::string_view::npos; at = text.find(header, at + 1)) {
      const std::size_t end = at + header.size();
      if (end < text.size() && (text[end] == ']' || text[end] == '.')) return true;
    }
  }
  return false;
}

}  // namespace lkdoctor::config
