// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <functional>

#include "cli/arguments.hpp"
#include "cli/terminal.hpp"
#include "engine/plan.hpp"

/// One function for each command. They write to stdout and give the exit status; what they throw is an
/// internal error (70), except UsageError (64).
namespace lkdoctor::cli {

struct Session {
  Arguments arguments;
  Environment environment;
  const engine::CheckList& checks;
};

int run_check(const Session& session);
int run_plan(const Session& session);
int run_config(const Session& session);
int run_list(const Session& session);
int run_explain(const Session& session);
int run_demo(const Session& session);
int run_token(const Session& session);
int run_respond(const Session& session);
int run_serve(const Session& session);

/// "lkdoctor 0.1.0 (1234abc)\n".
std::string version_line(std::string_view program);
/// `program` stands before the usage: "lkdoctor ".
std::string command_help(std::string_view program, const CommandSpec& spec);

/// What `run` gives; what it throws is told on stderr, and gives 64 or 70.
int guarded(const std::function<int()>& run);

/// Writes to stdout, in ASCII where the locale asks for it; gives `status`, or 70 if it could not.
int print(const Session& session, std::string_view text, int status = 0);

/// What config::load needs for one target.
config::Inputs inputs_for(const Session& session, const std::string& target);

/// The TARGETs of argv, or with --all every configured one; the last may hold an error. Throws UsageError.
std::vector<config::Loaded> load_targets(const Session& session);

/// What shows one target at a time: `show` gives its text or JSON. Several targets (--all) are text, a
/// heading above each. Gives the exit status. Throws UsageError.
int show_targets(const Session& session,
                 std::string (*show)(config::Loaded& target, const Session& session, bool json));

/// "text", or what a single --format said. Throws UsageError if it is not one of `allowed`.
std::string single_format(const Session& session, std::initializer_list<std::string_view> allowed);

/// Refuses patterns of --only and --skip that match nothing. Throws UsageError.
void require_known(const std::vector<std::string>& patterns, const engine::CheckList& checks);

}  // namespace lkdoctor::cli
