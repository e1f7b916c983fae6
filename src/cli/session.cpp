// SPDX-License-Identifier: EUPL-1.2
#include <unistd.h>

#include <algorithm>
#include <lkdoctor/redaction.hpp>
#include <lkdoctor/version.hpp>

#include "cli/commands.hpp"

// What all commands share.
namespace lkdoctor::cli {
namespace {

constexpr int kUsage = 64, kInternal = 70;

}  // namespace

std::string version_line(std::string_view program) {
  const std::string_view revision = source_revision();
  return std::string(program) + " " + std::string(version()) +
         (revision.empty() ? "" : " (" + std::string(revision) + ")") + "\n";
}

std::string command_help(std::string_view program, const CommandSpec& spec) {
  return "Usage: " + std::string(program) + std::string(spec.usage) + "\n" + std::string(spec.help) + "\n" +
         option_help(spec.bit);
}

int print(const Session& session, std::string_view text, int status) {
  const bool written = write_all(
      STDOUT_FILENO, is_utf8_locale(session.environment) ? std::string(text) : report::to_ascii(text));
  if (!written) complain("stdout cannot be written");
  return written ? status : kInternal;
}

config::Inputs inputs_for(const Session& session, const std::string& target) {
  config::Inputs inputs;
  inputs.target = target;
  inputs.options = session.arguments.options;
  inputs.environment = session.environment;
  return inputs;
}

std::string single_format(const Session& session, std::initializer_list<std::string_view> allowed) {
  const std::vector<std::string>& formats = session.arguments.options.format;
  if (formats.empty()) {
    // What it says is for every command, and may be a format that only reports have.
    const auto given = session.environment.find("LKDOCTOR_FORMAT");
    const bool fits = given != session.environment.end() &&
                      std::ranges::find(allowed, std::string_view(given->second)) != allowed.end();
    return fits ? given->second : "text";
  }
  const auto known = std::ranges::find(allowed, std::string_view(formats.back()));
  if (formats.size() > 1 || known == allowed.end()) {
    throw UsageError{"`lkdoctor " + session.arguments.command + "` knows one --format: text or json"};
  }
  return formats.back();
}

int guarded(const std::function<int()>& run) {
  try {
    return run();
  } catch (const UsageError& error) {
    complain(error.message);
    return kUsage;
  } catch (const std::exception& error) {
    // Nothing is known of secrets here, so tokens alone can be masked.
    complain("internal error: " + Redactor().clean(error.what()));
    return kInternal;
  }
}

}  // namespace lkdoctor::cli
