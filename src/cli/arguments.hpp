// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace lkdoctor::cli {

/// Of respond alone; unparsed.
struct RespondArguments {
  std::string udp, tcp, listen, slice;
  std::vector<std::string> allow;
  bool no_raw = false;
};

/// What argv said, before files and environment.
struct Arguments {
  std::string command;                   ///< "check", "token"; empty: none
  std::vector<std::string> positionals;  ///< after the command
  config::Options options;
  bool help = false, version = false, list_faults = false, check_config = false;
  std::string fault;  ///< of demo
  std::string life;   ///< --for of token create and respond; empty: the command's own
  RespondArguments respond;
};

/// A command that cannot run as asked.
struct UsageError {
  std::string message;  ///< without "lkdoctor: " in front
};

/// A set of commands, for the options that belong to them.
enum Command : unsigned {
  kCheck = 1,
  kPlan = 2,
  kConfig = 4,
  kList = 8,
  kExplain = 16,
  kDemo = 32,
  kToken = 64,
  kRespond = 128,
  kServe = 256,
  kTargets = kCheck | kPlan | kConfig,
  kDeployments = kTargets | kServe
};

struct CommandSpec {
  std::string_view name, usage, help;
  unsigned bit;  ///< 0: known, and not in this release
};
std::span<const CommandSpec> command_table();

struct OptionSpec {
  std::string_view name;   ///< "--controller"
  std::string_view value;  ///< "FILE"; empty: a switch
  std::string_view help;
  unsigned commands;  ///< where it may stand
  void (*set)(Arguments& into, std::string value);
  std::string_view later = {};    ///< why this release refuses it
  char letter = 0;                ///< short form
  std::string_view heading = {};  ///< begins a section of the help
};
/// Every option, in the order of the help. Help, docs and parser read this one table. One that means another
/// thing to another command stands there twice, each time with its own commands.
std::span<const OptionSpec> option_table();

/// Reads argv without its first element. GNU style: `--name VALUE`, `--name=VALUE`, `-v`, `--` ends options,
/// `-` is a word. Throws UsageError.
Arguments parse_arguments(const std::vector<std::string>& words);

/// The options' part of `--help` for one command.
std::string option_help(unsigned command);

}  // namespace lkdoctor::cli
