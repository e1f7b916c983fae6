// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <array>
#include <lkdoctor/findings.hpp>

#include "config/controller.hpp"
#include "config/rust_url.hpp"
#include "config/toml.hpp"

// Shared by the files controller*.cpp alone.
namespace lkdoctor::config::controller {

enum class Layout { none, livekit, module };

/// In the order in which the controller declares them.
inline constexpr std::array<std::string_view, 4> kFields{"api_key", "api_secret", "public_url",
                                                         "service_url"};
inline constexpr std::string_view kModulePath = "roomserver.modules.livekit";

/// One environment variable of the controller that has to do with LiveKit.
struct Variable {
  std::string name, value;  ///< as set
  std::string path;         ///< "livekit.api_key"; what the controller makes of the name
  bool legacy = false;      ///< K3K_CTRL_
};
/// Those whose name says OPENTALK_CTRL or K3K_CTRL and LIVEKIT, or FRONTEND__BASE_URL.
std::vector<Variable> variables_of(const std::map<std::string, std::string>& environment);

/// A value on its way from file and environment. `secret_text` is used instead of `settings` for the secret.
struct Field {
  std::string name;
  bool present = false;
  std::string text;
  Origin origin;
  std::optional<Origin> overridden;  ///< the file's place, when the environment won
  std::string problem;               ///< why its type is refused: "invalid type: sequence, expected a string"
  bool was_number = false;           ///< a number, boolean or date that became text
};

/// The state while one controller is read.
struct Reader {
  const ControllerInputs& inputs;
  TomlFile file;
  Layout layout = Layout::none;
  std::array<Field, 4> fields;
  ControllerSettings settings;
  Secret api_secret;

  std::string_view text() const { return inputs.text ? std::string_view(*inputs.text) : std::string_view{}; }
  Origin at(Place place) const { return {Origin::Kind::file, inputs.file_name, place.line, place.column}; }
  Field& field(std::string_view name);
  Finding& raise(const FindingDef& definition, std::string subject) {
    return settings.findings.emplace_back(definition, std::move(subject));
  }
  /// Refused, or (module) silently left out. The first reason stays.
  void refuse(std::string reason);
  std::string section() const;
};

void choose_layout(Reader& reader, const std::vector<Variable>& variables);
void read_fields(Reader& reader);
void apply_environment(Reader& reader, const std::vector<Variable>& variables);
void judge_fields(Reader& reader);       ///< types, missing and empty ones
void judge_values(Reader& reader);       ///< URLs and credentials
void judge_generations(Reader& reader);  ///< tables of more than one generation of controllers
void judge_other_tables(Reader& reader);

/// True if a typed environment reader (controller 0.33 and later) makes a number or boolean of it.
bool parsed_from_environment(std::string_view value);

/// `${NAME}`, `$NAME`, `{{ name }}`, `%NAME%`.
bool holds_variable(std::string_view value);

}  // namespace lkdoctor::config::controller
