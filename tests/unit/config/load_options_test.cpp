// SPDX-License-Identifier: EUPL-1.2
#include "config/load.hpp"

#include <doctest/doctest.h>

#include "config/options.hpp"
#include "support/config_folder.hpp"
#include "support/provoked.hpp"

using namespace lkdoctor;
using namespace lkdoctor::config;
using namespace lkdoctor::test::config_folder;

TEST_CASE("options come from flags, then the environment, then the target, then the defaults") {
  const Folder folder;
  folder.write("lkdoctor.toml",
               "[defaults]\nvantage = \"inside\"\naudience = \"lan\"\nthird_party = \"none\"\ndeadline = 10\n"
               "stun = [\"stun.uni.example\"]\n"
               "[[target]]\nname = \"a\"\npublic_url = \"https://a.uni.example\"\naudience = \"vpn\"\n"
               "[[target]]\nname = \"b\"\npublic_url = \"https://b.uni.example\"\n");
  Inputs inputs = folder.inputs();
  inputs.target = "a";
  inputs.environment["LKDOCTOR_THIRD_PARTY"] = "any";
  inputs.environment["LKDOCTOR_AUDIENCE"] = "";
  inputs.options.vantage = "livekit-host";
  const Loaded out = loaded(inputs);
  REQUIRE_FALSE(out.error);
  CHECK(out.target_names == std::vector<std::string>{"a", "b"});
  CHECK(out.deployment.name == "a");
  CHECK(out.deployment.run.vantage == Vantage::livekit_host);
  CHECK(out.deployment.run.vantage_declared);
  CHECK(out.deployment.run.audience == Audience::vpn);
  CHECK(out.deployment.run.third_party == ThirdParty::any);
  CHECK(out.deployment.run.deadline == Milliseconds(10'000));
  CHECK(out.deployment.run.stun_servers == std::vector<std::string>{"stun.uni.example:3478"});
  CHECK(setting(out, "third_party") == "any $LKDOCTOR_THIRD_PARTY");
  CHECK(setting(out, "audience") == "vpn " + folder.path() + "/lkdoctor.toml:10:12");
  inputs.target = "c";
  CHECK(error_of(inputs) ==
        "64 \"c\" is neither a URL nor a configured target (configured: a, b); did you mean a?");
}

TEST_CASE("values that an option does not know are refused with 64") {
  const Folder folder;
  const auto with = [&](auto set) {
    Inputs inputs = folder.inputs();
    inputs.target = "https://livekit.uni.example";
    set(inputs.options);
    return error_of(inputs);
  };
  CHECK(with([](Options& o) { o.vantage = "outsied"; }) ==
        "64 --vantage: \"outsied\" is not one of auto, outside, inside, controller, livekit-host, recorder; "
        "did you "
        "mean outside?");
  CHECK(with([](Options& o) { o.resolve = {"host:443"}; }) ==
        "64 --resolve: \"host:443\" is not HOST:PORT:ADDRESS");
  CHECK(with([](Options& o) { o.resolve = {"host:443:[2001:db8::1]"}; }).empty());
  CHECK(with([](Options& o) { o.timeout = "0"; }) ==
        "64 --timeout: \"0\" is not a number of seconds between 0 and 86400");
  CHECK(with([](Options& o) {
          o.format = {"xml"};
        }).starts_with("64 --format: \"xml\" is not one of text, json"));
  CHECK(with([](Options& o) {
          o.output = {"a", "b"};
        }) == "64 --output: there are more --output than --format; each report needs both");
  CHECK(with([](Options& o) { o.proxy = "http://user:canary@proxy"; }).empty());
  CHECK(with([](Options& o) { o.proxy = "proxy:user:canary@x"; }) ==
        "64 --proxy: \"…\" is not auto, none or an http:// URL");
}

TEST_CASE("a forward proxy by hand is for both URLs and always, its password is a secret") {
  const Folder folder;
  Inputs inputs = folder.inputs();
  inputs.target = "https://livekit.uni.example";
  inputs.options.proxy = "http://user:canary@proxy:3128";
  inputs.options.service_url = "http://livekit:7880";
  inputs.environment["HTTPS_PROXY"] = "http://other:8080";
  const Deployment deployment = loaded(inputs).deployment;
  CHECK(deployment.notes.empty());
  CHECK(Json(deployment.public_proxy) ==
        Json{{"url", "http://proxy:3128"}, {"source", "--proxy"}, {"always", true}});
  CHECK(Json(deployment.service_proxy) == Json(deployment.public_proxy));
  CHECK(deployment.secrets.proxy_credentials.at("http://proxy:3128").reveal() == "user:canary");
  CHECK(describe(deployment).dump().find("canary") == std::string::npos);
}

TEST_CASE("the environment's forward proxy is chosen for each URL, and only where it can be used") {
  const Folder folder;
  const auto chosen = [&](const std::string& proxy, const std::string& target,
                          std::map<std::string, std::string> environment) {
    Inputs inputs = folder.inputs();
    inputs.target = target;
    inputs.options.proxy = proxy;
    inputs.environment.merge(environment);
    return loaded(inputs).deployment.public_proxy;
  };
  const std::string target = "wss://livekit.uni.example";
  const std::map<std::string, std::string> both{{"https_proxy", "http://u:canary@a:1"},
                                                {"http_proxy", "b:2"}};
  CHECK(Json(chosen("auto", target, both)) ==
        Json{{"url", "http://a:1"}, {"source", "https_proxy"}, {"always", false}});
  CHECK(chosen("auto", "ws://livekit.uni.example", both).url == "http://b:2");
  CHECK_FALSE(chosen("none", target, both).is_set());
  CHECK_FALSE(chosen("auto", "wss://127.0.0.1", both).is_set());
  CHECK_FALSE(chosen("auto", target, {{"HTTPS_PROXY", "http://a"}, {"NO_PROXY", ".uni.example"}}).is_set());
  CHECK_FALSE(chosen("auto", target, {{"ALL_PROXY", "socks5://a:1080"}}).is_set());
}

TEST_CASE("lkdoctor's own configuration is strict: 78 with place, caret and the word that was meant") {
  const Folder folder;
  const auto with = [&](const std::string& text) {
    folder.write("own.toml", text);
    Inputs inputs = folder.inputs();
    inputs.target = "https://livekit.uni.example";
    inputs.options.config = folder.path() + "/own.toml";
    return replaced(error_of(inputs), folder.path() + "/", "");
  };
  CHECK(with("[defaults]\nvantge = \"outside\"\n") ==
        "78 own.toml:2:1: unknown key \"vantge\" in [defaults]; did you mean vantage?\n"
        "  2 | vantge = \"*******\"\n    | ^^^^^^");
  CHECK(with("vantage = \"outside\"\n").find("did you mean [defaults] with vantage below it?") !=
        std::string::npos);
  CHECK(with("[defaults]\nvantage = \"outsied\"\n") ==
        "78 own.toml:2:11: \"outsied\" is not one of auto, outside, inside, controller, livekit-host, "
        "recorder; did "
        "you mean outside?\n  2 | vantage = \"outsied\"\n    |           ^");
  CHECK(with("[defaults]\npassive = \"yes\"\n")
            .starts_with("78 own.toml:2:11: passive must be true or false, not a string"));
  CHECK(with("[defaults]\napi_secret = \"canary\"\n")
            .starts_with(
                "78 own.toml:2:1: a secret may not stand here; name a file that holds it: api_secret_file"));
  CHECK(with("[defaults\n").starts_with("78 own.toml:1:1: the header […] is not closed by ]"));
  CHECK(with("[[target]]\npublic_url = \"https://a\"\n")
            .starts_with("78 own.toml:1:1: [[target]] needs a name"));
  CHECK(with("[[suppress]]\nfinding = \"secret-to-short\"\nreason = \"x\"\nexpires = 2027-01-31\n")
            .starts_with(
                "78 own.toml:2:11: there is no finding \"secret-to-short\"; did you mean secret-too-short?"));
  CHECK(with("[[suppress]]\nfinding = \"secret-too-short\"\nreason = \"x\"\n")
            .starts_with("78 own.toml:1:1: [[suppress]] needs expires"));
  CHECK(with("[thresholds]\nrtt = 5\n").starts_with("78 own.toml:2:1: unknown key \"rtt\" in [thresholds]"));
}

TEST_CASE("what the command line refuses its twins in file and environment refuse with the same sentence") {
  const Folder folder;
  const std::string compose =
      "Compose files are not read in this release; give the server's own file with --livekit FILE";
  const std::string container =
      "judging as a container is not in this release; run inside it, or with --vantage controller";
  const std::string watch = "repeated runs are not in this release; run the check again";
  struct Refused {
    std::string key, value, sentence;
  };
  for (const Refused& one :
       {Refused{"compose", "\"c.yaml\"", compose}, Refused{"env_file", "[\".env\"]", compose},
        Refused{"container", "\"livekit\"", container}, Refused{"watch", "true", watch}}) {
    folder.write("own.toml", "[defaults]\n" + one.key + " = " + one.value + "\n");
    Inputs inputs = folder.inputs();
    inputs.target = "https://livekit.uni.example";
    inputs.options.config = folder.path() + "/own.toml";
    const std::string said = replaced(error_of(inputs), folder.path() + "/", "");
    CHECK(said.substr(0, said.find('\n')) == "78 own.toml:2:1: " + one.key + ": " + one.sentence);
    inputs.options.config.reset();
    inputs.environment = {{variable_of(one.key), "1"}};
    CHECK(error_of(inputs) == "64 $" + variable_of(one.key) + ": " + one.sentence);
  }
  Inputs off = folder.inputs();
  off.target = "https://livekit.uni.example";
  off.environment = {{"LKDOCTOR_WATCH", "0"}, {"LKDOCTOR_COMPOSE", ""}};
  CHECK_FALSE(loaded(off).output.watch);
}

TEST_CASE("all and record stand in lkdoctor.toml and the environment as well") {
  const Folder folder;
  folder.write("lkdoctor.toml",
               "[defaults]\nall = true\nrecord = \"seen.json\"\n[[target]]\nname = \"one\"\n");
  Inputs inputs = folder.inputs();
  inputs.target = "https://livekit.uni.example";
  CHECK(loaded(inputs).output.all);
  CHECK(loaded(inputs).output.record == folder.path() + "/seen.json");
  inputs.environment = {{"LKDOCTOR_ALL", "no"}, {"LKDOCTOR_RECORD", "here.json"}};
  CHECK_FALSE(loaded(inputs).output.all);
  CHECK(loaded(inputs).output.record == "here.json");
  folder.write("lkdoctor.toml", "[[target]]\nname = \"one\"\nall = true\n");
  CHECK(error_of(inputs).find("unknown key \"all\" in [[target]]") != std::string::npos);
}

TEST_CASE("suppressions count until their last day, thresholds have twins in the environment") {
  const Folder folder;
  folder.write("lkdoctor.toml",
               "[[suppress]]\nfinding = \"secret-too-short\"\nreason = \"old lab\"\nexpires = 2026-11-22\n"
               "[[suppress]]\nfinding = \"tls-*\"\nreason = \"lab\"\nexpires = \"2026-11-21\"\n"
               "[thresholds]\ncertificate_days = 20\nrtt_ms = 100\n");
  Inputs inputs = folder.inputs();
  inputs.target = "https://livekit.uni.example";
  inputs.environment["LKDOCTOR_THRESHOLDS__RTT_MS"] = "50";
  const Loaded out = loaded(inputs);
  REQUIRE_FALSE(out.error);
  REQUIRE(out.deployment.run.suppressions.size() == 1);
  CHECK(out.deployment.run.suppressions[0].reason == "old lab");
  CHECK(out.deployment.notes.size() == 1);
  CHECK(out.deployment.run.thresholds.certificate_days == 20);
  CHECK(out.deployment.run.thresholds.rtt_ms == 50);
  CHECK(setting(out, "thresholds.rtt_ms") == "50.0 $LKDOCTOR_THRESHOLDS__RTT_MS");
}

TEST_CASE("a variable that is nearly one of ours is noted") {
  const Folder folder;
  Inputs inputs = folder.inputs();
  inputs.target = "https://livekit.uni.example";
  inputs.environment = {
      {"LKDOCTOR_VANTGE", "outside"}, {"LKDOCTOR_FOO", "1"}, {"LKDOCTOR_SOMETHING_ELSE_ALTOGETHER", "1"}};
  CHECK(loaded(inputs).deployment.notes ==
        std::vector<std::string>{"$LKDOCTOR_VANTGE is not read; did you mean $LKDOCTOR_VANTAGE?"});
}

TEST_CASE("lkdoctor's own file cut at any byte is read without harm") {
  const Folder folder;
  const std::string whole =
      "[defaults]\nstun = [\"a:1\"]\n[[target]]\nname = \"a\"\n[[suppress]]\nfinding = \"tls-*\"\nreason = "
      "\"x\"\n"
      "expires = 2027-01-31\n[thresholds]\nrtt_ms = 1\n";
  Inputs inputs = folder.inputs();
  inputs.target = "https://livekit.uni.example";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    folder.write("lkdoctor.toml", whole.substr(0, length));
    const Loaded out = loaded(inputs);
    if (out.error) CHECK(out.error->exit_status == 78);
  }
}
