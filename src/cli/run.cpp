// SPDX-License-Identifier: EUPL-1.2
#include "cli/run.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "cli/commands.hpp"
#include "cli/texts.hpp"
#include "engine/worker.hpp"

namespace lkdoctor::cli {
namespace {

constexpr int kUsage = 64;

std::string short_help() {
  std::string out =
      "Usage: lkdoctor COMMAND [OPTION…]\n"
      "Will people hear and see each other on this LiveKit deployment, and if not, what must be changed?\n\n";
  for (const CommandSpec& spec : command_table()) {
    if (spec.bit != 0) out += fmt::format("  {:<46} {}\n", spec.usage, spec.help);
  }
  return out +
         "\n"
         "  lkdoctor check https://livekit.example.org            what anyone can see, no secret needed\n"
         "  lkdoctor check --controller FILE --livekit FILE       on the host, or with copies of the files\n"
         "  lkdoctor demo                                         see it work first\n";
}

std::string long_help() {
  return short_help() +
         "\nlkdoctor COMMAND --help says its options. Every option has a twin in the environment, e.g.\n"
         "LKDOCTOR_THIRD_PARTY for --third-party, and in lkdoctor.toml.\n\n"
         "Exit status of check: 0 nothing at or above --fail-on, 1 a failure, 2 only warnings and --fail-on "
         "warn,\n"
         "3 incomplete, 64 usage, 66 a named file cannot be read, 70 internal error, 78 lkdoctor's own\n"
         "configuration is invalid, 130 and 143 stopped by a signal.\n";
}

int dispatch(const Session& session) {
  const std::string& command = session.arguments.command;
  if (session.arguments.version) return print(session, version_line("lkdoctor"));
  if (command.empty()) {
    if (session.arguments.help) return print(session, long_help());
    const std::string help = short_help();
    write_all(STDERR_FILENO, is_utf8_locale(session.environment) ? help : report::to_ascii(help));
    return kUsage;
  }
  if (session.arguments.help) {
    return print(session,
                 command_help("lkdoctor ", *std::ranges::find(command_table(), command, &CommandSpec::name)));
  }
  struct Entry {
    std::string_view name;
    int (*run)(const Session&);
  };
  constexpr Entry kEntries[] = {{"check", run_check}, {"plan", run_plan},       {"config", run_config},
                                {"list", run_list},   {"explain", run_explain}, {"demo", run_demo},
                                {"token", run_token}, {"respond", run_respond}, {"serve", run_serve}};
  return std::ranges::find(kEntries, command, &Entry::name)->run(session);
}

/// A monitoring system knows 0 to 3 alone (contract §2): what kept the check from running is its 3, UNKNOWN.
int for_monitoring(const std::vector<std::string>& words, int status) {
  constexpr int kUnknown = 3;
  constexpr int kPluginStatuses = 4;
  std::vector<std::string> formats;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--format" && i + 1 < words.size()) formats.push_back(words[i + 1]);
    if (words[i].starts_with("--format=")) formats.push_back(words[i].substr(9));
  }
  if (formats.empty()) {
    const auto environment = whole_environment();
    const auto given = environment.find("LKDOCTOR_FORMAT");
    if (given != environment.end()) formats.push_back(given->second);
  }
  const bool stopped = status > 128;
  const bool plugin = formats == std::vector<std::string>{"nagios"};
  return plugin && !stopped && status >= kPluginStatuses ? kUnknown : status;
}

int run_words(const std::vector<std::string>& words, std::span<const MakeCheck> table) {
  return guarded([&] {
    const engine::CheckList checks = engine::make_checks(table);
    return dispatch({parse_arguments(words), whole_environment(), checks});
  });
}

}  // namespace

int run(int argc, char** argv, std::span<const MakeCheck> table) {
  engine::forbid_core_files();
  // A reader that goes away is seen as EPIPE where we write.
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  return for_monitoring(words, run_words(words, table));
}

}  // namespace lkdoctor::cli
