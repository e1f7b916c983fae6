// SPDX-License-Identifier: EUPL-1.2
#include "serve/settings.hpp"

#include "support/config_folder.hpp"
#include "unit/serve/named_checks.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using test::config_folder::Folder;
using Names = std::vector<std::string>;

namespace {

constexpr const char* kTwoTargets =
    "[defaults]\nmodule = \"few\"\n"
    "[[target]]\nname = \"pool\"\npublic_url = \"https://livekit.uni.example\"\n"
    "[[target]]\nname = \"lk01\"\npublic_url = \"https://livekit.uni.example\"\nmodule = \"standard\"\n"
    "resolve = [\"livekit.uni.example:443:198.51.100.23\"]\n"
    "[module.few]\nnames = \"15s\"\njoin = \"5m\"\n"
    "[serve]\njoins_at_once = 2\nstate_dir = \"state\"\nweb.listen_address = \"127.0.0.1:17999\"\n";

Settings settings(const config::Inputs& inputs) {
  return load_settings(inputs, test::few_checks());
}

Settings settings(const Folder& folder, const std::string& text) {
  folder.write("lkdoctor.toml", text);
  return settings(folder.inputs());
}

std::string error_of(const Folder& folder, const std::string& text) {
  const Settings out = settings(folder, text);
  if (!out.error) return "";
  const std::string message = test::config_folder::replaced(out.error->message, folder.path() + "/", "");
  return std::to_string(out.error->exit_status) + " " + message;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

const std::string kTarget = "[[target]]\nname = \"a\"\npublic_url = \"https://a.uni.example\"\n";

}  // namespace

TEST_CASE("targets, modules and the program's own settings come from lkdoctor.toml") {
  const Folder folder;
  const Settings out = settings(folder, kTwoTargets);
  REQUIRE_FALSE(out.error);
  REQUIRE(out.targets.size() == 2);
  const Target &pool = out.targets[0], &lk01 = out.targets[1];
  CHECK(pool.name == "pool");
  CHECK(pool.module.name == "few");
  CHECK(pool.module.lanes.size() == 2);
  CHECK(pool.selection.only == Names{"media_loop", "media_udp", "names_public", "signalling_join"});
  CHECK(lk01.module == standard_module(test::few_checks()));
  CHECK(lk01.selection.only.empty());
  CHECK(lk01.loaded.deployment.run.pinned.size() == 1);
  CHECK(pool.livekit == "livekit.uni.example:443");
  CHECK(lk01.livekit == pool.livekit);
  CHECK(lk01.revision != pool.revision);
  CHECK(out.joins_at_once == 2);
  CHECK(out.state_dir == folder.path() + "/state");
  CHECK(out.web.listen == std::vector<ListenAddress>{{"127.0.0.1", 17999}});
  CHECK(out.find_target("lk01") == &lk01);
  CHECK(out.find_target("lk02") == nullptr);
  CHECK(out.find_module("few") != nullptr);
  CHECK(out.find_module("standard") != nullptr);
}

TEST_CASE("without a target in lkdoctor.toml the deployment of the command line is `default`") {
  const Folder folder;
  config::Inputs inputs = folder.inputs();
  inputs.options.public_url = "https://livekit.uni.example";
  const Settings out = settings(inputs);
  REQUIRE_FALSE(out.error);
  REQUIRE(out.targets.size() == 1);
  CHECK(out.targets[0].name == "default");
  CHECK(out.targets[0].loaded.deployment.name == "default");
  CHECK(out.targets[0].module.name == "standard");
  CHECK(out.targets[0].appointment().target == "default");
  CHECK(out.targets[0].watched().stale_after == 45s + 30s);
  CHECK(out.modules.size() == 1);
}

TEST_CASE("without any target and any deployment there is nothing to serve") {
  const Folder folder;
  const Settings out = settings(folder.inputs());
  REQUIRE(out.error);
  CHECK(out.error->exit_status == 64);
  CHECK(out.error->message.starts_with("nothing to check"));
}

TEST_CASE("options of serve come from the command line, then the environment, then lkdoctor.toml") {
  const Folder folder;
  folder.write("lkdoctor.toml", kTwoTargets);
  config::Inputs inputs = folder.inputs();
  inputs.environment = {{"LKDOCTOR_WEB__LISTEN_ADDRESS", "127.0.0.1:1,127.0.0.1:2"},
                        {"LKDOCTOR_SERVE__WEB__ROUTE_PREFIX", "/probe"},
                        {"LKDOCTOR_STATE_DIR", "/elsewhere"}};
  Settings out = settings(inputs);
  REQUIRE_FALSE(out.error);
  CHECK(out.web.listen == std::vector<ListenAddress>{{"127.0.0.1", 1}, {"127.0.0.1", 2}});
  CHECK(out.web.route_prefix == "/probe");
  CHECK(out.state_dir == "/elsewhere");
  inputs.options.web_listen_address = {"[::1]:3"};
  out = settings(inputs);
  CHECK(out.web.listen == std::vector<ListenAddress>{{"::1", 3}});
}

TEST_CASE("the state is kept where systemd says, else where the user's state is, else in memory") {
  const Folder folder;
  config::Inputs inputs = folder.inputs();
  inputs.options.public_url = "https://livekit.uni.example";
  CHECK(settings(inputs).state_dir.empty());
  inputs.environment["HOME"] = "/home/probe";
  CHECK(settings(inputs).state_dir == "/home/probe/.local/state/opentalk/lkdoctor");
  inputs.environment["XDG_STATE_HOME"] = "/var/state";
  CHECK(settings(inputs).state_dir == "/var/state/opentalk/lkdoctor");
  inputs.environment["STATE_DIRECTORY"] = "/var/lib/lkdoctor:/other";
  CHECK(settings(inputs).state_dir == "/var/lib/lkdoctor");
}

TEST_CASE("a fault in lkdoctor.toml is told with place, caret and the word that was meant") {
  const Folder folder;
  CHECK(error_of(folder, kTarget + "module = \"standart\"\n") ==
        "78 lkdoctor.toml:4:10: there is no [module.standart] (there are: standard); did you mean standard?\n"
        "  4 | module = \"********\"\n    |          ^");
  CHECK(error_of(folder, kTarget + "[module.m]\nhtpp = \"15s\"\n") ==
        "78 lkdoctor.toml:5:1: there is no check or group \"htpp\"; did you mean http?\n"
        "  5 | htpp = \"***\"\n    | ^^^^");
  const auto first = [&](const std::string& text) { return first_line(error_of(folder, kTarget + text)); };
  CHECK(first("[module.m]\nnames = \"often\"\n") ==
        "78 lkdoctor.toml:5:9: \"often\" is no interval; write 15s, 5m or 1h, 24h at most");
  CHECK(first("[module.m]\nnames = 15\n") == "78 lkdoctor.toml:5:9: names must be a string, not an integer");
  CHECK(first("[module.m]\n") == "78 lkdoctor.toml:4:1: [module.m] names no checks; write names = \"15s\"");
  CHECK(first("[module]\nstandard = \"15s\"\n") ==
        "78 lkdoctor.toml:5:12: standard must be a table: [module.standard], not a string");
  CHECK(first("[serve]\nlisten_address = \":1\"\n") ==
        "78 lkdoctor.toml:5:1: unknown key \"listen_address\" in [serve]");
  CHECK(first("[serve.web]\nlisten_adress = \":1\"\n") ==
        "78 lkdoctor.toml:5:1: unknown key \"listen_adress\" in [serve.web]; did you mean listen_address?");
  CHECK(first("[serve]\njoins_at_once = 0\n") == "78 lkdoctor.toml:5:17: joins_at_once must be 1 to 16");
  CHECK(first("[serve]\nweb.listen_address = \":17880\"\n") ==
        "78 lkdoctor.toml:5:22: refusing to listen on :17880 without --web.config.file (TLS or basic auth): "
        "reports name addresses and files. --web.open to allow.");
  CHECK(first("state_dir = \"x\"\n") == "78 lkdoctor.toml:4:1: unknown key \"state_dir\" in [[target]]");
  CHECK(first_line(error_of(folder, "state_dir = \"x\"\n" + kTarget)) ==
        "78 lkdoctor.toml:1:1: unknown key \"state_dir\" at the top; did you mean [serve] with state_dir "
        "below it?");
}

TEST_CASE("a target that cannot be loaded or whose checks are all left out ends the start") {
  const Folder folder;
  CHECK(first_line(error_of(folder, kTarget + "controller = \"none.toml\"\n"))
            .starts_with("66 cannot read none.toml (lkdoctor.toml:4:14): "));
  CHECK(error_of(folder, kTarget + "only = [\"recorder\"]\n") ==
        "78 target a: --only and --skip leave nothing of module standard");
  CHECK(first_line(error_of(folder, "[[target]]\nname = \"a\\u001b[31m\"\npublic_url = \"https://a\"\n")) ==
        "78 lkdoctor.toml:2:8: a target's name has at most 100 characters, all of them printable");
}

TEST_CASE("a target's revision changes with what is deployed, and not with the place where that is written") {
  const Folder folder;
  const auto revision = [&](const std::string& text) {
    return settings(folder, text).targets.at(0).revision;
  };
  const std::string before = revision(kTarget);
  CHECK(revision("# a comment\n\n" + kTarget) == before);
  CHECK(revision("[[target]]\nname = \"a\"\npublic_url = \"https://b.uni.example\"\n") != before);
  CHECK(revision(kTarget + "passive = true\n") != before);
}

TEST_CASE("`check` takes a file with settings of serve as it is") {
  const Folder folder;
  folder.write("lkdoctor.toml", kTwoTargets);
  config::Inputs inputs = folder.inputs();
  inputs.target = "pool";
  CHECK_FALSE(config::load(inputs).error);
}
