// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit.hpp"

#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

namespace lkdoctor::config {
namespace {

/// The whole configuration may come from a variable or an argument; it then wins over the file.
void choose_source(Context& context) {
  const Given* body = context.arguments.find("config-body");
  if (body != nullptr && !body->text.empty()) {
    context.source = body->origin;
    if (context.source.kind == Origin::Kind::environment) context.source.name = "LIVEKIT_CONFIG";
    context.yaml_text = body->text;
    return;
  }
  context.source = {Origin::Kind::file,
                    context.inputs.file_name.empty() ? "livekit.yaml" : context.inputs.file_name, 0, 0};
  context.yaml_text = context.inputs.file_text.value_or(std::string());
}

std::vector<std::string> without_program(std::vector<std::string> words) {
  if (!words.empty() && !words.front().starts_with('-') &&
      (words.front() == "livekit-server" || words.front().ends_with("/livekit-server"))) {
    words.erase(words.begin());
  }
  return words;
}

}  // namespace

LiveKitReading read_livekit(const LiveKitInputs& inputs) {
  LiveKitReading out;
  const KeyTable& table = key_table_for(inputs.version);
  Context context{.inputs = inputs,
                  .out = out,
                  .version = inputs.version.empty() ? std::string(table.version) : inputs.version,
                  .table = table};
  if (context.version.starts_with('v')) context.version.erase(0, 1);
  out.settings.version = context.version;
  out.settings.version_declared = !inputs.version.empty();
  out.settings.file = inputs.file_name;
  context.schema = field_tree(table);
  context.arguments =
      read_arguments(without_program(inputs.arguments), inputs.environment, context.version, table);
  choose_source(context);
  if (context.arguments.is_other_command) context.depend("another sub-command: no server is started");
  if (!context.arguments.refusal.empty()) context.refuse(context.arguments.refusal);
  read_sources(context);
  settle(context);
  const auto& error = context.document.error;
  if (error && error->kind == yaml::Error::Kind::limit) {
    conclude(context);
    return out;
  }
  if (!context.is_refused()) {
    rehearse_start(context);
  } else {
    read_keys(context);
  }
  look_at_keys(context);
  look_for_traps(context);
  look_at_room(context);
  conclude(context);
  return out;
}

}  // namespace lkdoctor::config
