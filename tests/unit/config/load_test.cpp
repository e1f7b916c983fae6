// SPDX-License-Identifier: EUPL-1.2
#include "config/load.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "support/provoked.hpp"

using namespace lkdoctor;
using namespace lkdoctor::config;

namespace {

constexpr const char* kSecret = "canary-0123456789abcdef0123456789";

/// A folder of its own, removed at the end, with nothing of this machine in sight.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lkdoctor-load-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name) << text;
  }
  Inputs inputs() const {
    Inputs inputs;
    inputs.folder = path_;
    inputs.system_folder = path_ + "/etc";
    inputs.now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
    return inputs;
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string controller(const std::string& key = "controller",
                       const std::string& host = "livekit.uni.example") {
  return "[livekit]\napi_key = \"" + key + "\"\napi_secret = \"" + kSecret + "\"\npublic_url = \"wss://" +
         host + "\"\nservice_url = \"http://livekit:7880\"\n";
}

std::string livekit(const std::string& keys) {
  return "port: 7880\nrtc:\n  tcp_port: 7881\n  port_range_start: 20000\n  port_range_end: 25000\nkeys:\n" +
         keys;
}

Loaded loaded(const Inputs& inputs) {
  Loaded out = load(inputs);
  // No secret leaves, whatever was read.
  std::string all = describe(out.deployment).dump();
  for (const Setting& setting : out.settings) all += setting.key + setting.value + text(setting.origin);
  if (out.error) all += out.error->message;
  CHECK(all.find("canary") == std::string::npos);
  return out;
}

std::string error_of(const Inputs& inputs) {
  const Loaded out = loaded(inputs);
  if (!out.error) return "";
  return std::to_string(out.error->exit_status) + " " + out.error->message;
}

std::string setting(const Loaded& out, std::string_view key) {
  for (const Setting& entry : out.settings) {
    if (entry.key == key) return entry.value + " " + text(entry.origin);
  }
  return "";
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what))
    text.replace(at, what.size(), by);
  return text;
}

}  // namespace

TEST_CASE("nothing to check says what was looked for and gives three commands") {
  const Folder folder;
  folder.write("config.toml", "[package]\nname = \"other\"\n");
  Inputs inputs = folder.inputs();
  inputs.environment = {{"HOME", "/home/nobody"}};
  CHECK(replaced(error_of(inputs), folder.path(), "") ==
        "64 nothing to check: no OpenTalk or LiveKit configuration found (looked in: ./controller.toml,\n"
        "  ./config/controller.toml, ~/.config/opentalk/, /etc/).\n"
        "  ./config.toml exists but has no OpenTalk table: not used.\n"
        "Try one of:\n"
        "  lkdoctor check https://livekit.example.org            what anyone can see, no secret needed\n"
        "  lkdoctor check --controller FILE --livekit FILE       on the host, or with copies of the files\n"
        "  lkdoctor demo                                         see it work first");
}

TEST_CASE("the controller's file is searched in OpenTalk's order") {
  const Folder folder;
  folder.write("etc/controller.toml", controller("system"));
  CHECK(loaded(folder.inputs()).deployment.api_key.value == "system");
  folder.write("user/opentalk/controller.toml", controller("user"));
  Inputs inputs = folder.inputs();
  inputs.environment["XDG_CONFIG_HOME"] = folder.path() + "/user";
  CHECK(loaded(inputs).deployment.api_key.value == "user");
  folder.write("config/controller.toml", controller("setup"));
  CHECK(loaded(inputs).deployment.api_key.value == "setup");
  folder.write("controller.toml", controller("here"));
  CHECK(loaded(inputs).deployment.api_key.value == "here");
}

TEST_CASE("a config.toml of OpenTalk shadows controller.toml and is reported") {
  const Folder folder;
  folder.write("config.toml", controller("old"));
  CHECK(loaded(folder.inputs()).deployment.controller->findings.empty());
  folder.write("controller.toml", controller("new"));
  const Loaded out = loaded(folder.inputs());
  CHECK(out.deployment.api_key.value == "old");
  REQUIRE(out.deployment.controller->findings.size() == 1);
  CHECK(out.deployment.controller->findings[0].id == "legacy-config-toml-shadows");
  test::provoked(out.deployment.controller->findings);
}

TEST_CASE("a named file that cannot be read ends with 66, a found one is a note") {
  const Folder folder;
  Inputs inputs = folder.inputs();
  inputs.options.controller = "absent.toml";
  CHECK(error_of(inputs) == "66 cannot read absent.toml (--controller): No such file or directory");
  inputs.options.controller = ".";
  CHECK(error_of(inputs) == "66 cannot read . (--controller): Is a directory");
  inputs.options.controller = "/dev/zero";
  CHECK(error_of(inputs) == "66 cannot read /dev/zero (--controller): is a device, not a file");
  folder.write("large.toml", std::string((1U << 20U) + 1, '#'));
  inputs.options.controller = "large.toml";
  CHECK(error_of(inputs) == "66 cannot read large.toml (--controller): is larger than 1 MiB");
  REQUIRE(mkfifo((folder.path() + "/pipe").c_str(), 0600) == 0);
  inputs.options.controller = "pipe";
  CHECK(error_of(inputs) == "66 cannot read pipe (--controller): is a pipe into which nothing is written");
  inputs = folder.inputs();
  inputs.options.livekit = "absent.yaml";
  CHECK(error_of(inputs) == "66 cannot read absent.yaml (--livekit): No such file or directory");
  inputs = folder.inputs();
  inputs.environment["LKDOCTOR_CONFIG"] = "absent";
  CHECK(error_of(inputs) == "66 cannot read absent ($LKDOCTOR_CONFIG): No such file or directory");
  std::filesystem::create_directories(folder.path() + "/controller.toml");
  folder.write("etc/controller.toml", controller());
  const Loaded out = loaded(folder.inputs());
  CHECK_FALSE(out.error);
  CHECK(out.deployment.notes ==
        std::vector<std::string>{folder.path() +
                                 "/controller.toml was found and cannot be read: Is a directory."});
}

TEST_CASE("values by hand win over files and keep their source") {
  const Folder folder;
  folder.write("controller.toml", controller());
  Inputs inputs = folder.inputs();
  inputs.options.controller = "controller.toml";
  inputs.options.public_url = "https://other.uni.example";
  inputs.environment["LKDOCTOR_SERVICE_URL"] = "http://10.0.0.5:7880";
  const Loaded out = loaded(inputs);
  CHECK(setting(out, "livekit.public_url") == "https://other.uni.example --public-url");
  CHECK(setting(out, "livekit.service_url") == "http://10.0.0.5:7880 $LKDOCTOR_SERVICE_URL");
  CHECK(setting(out, "livekit.api_key") == "controller controller.toml:2:11");
  CHECK(setting(out, "livekit.api_secret") == "33 characters, hidden controller.toml:3:14");
  CHECK(out.deployment.secrets.api_secret.reveal() == kSecret);
  CHECK(out.deployment.name == "other.uni.example");
  inputs.options.public_url = "other.uni.example";
  CHECK(error_of(inputs) ==
        "64 --public-url: \"other.uni.example\" is no http, https, ws or wss URL; did you mean "
        "https://other.uni.example?");
}

TEST_CASE("a server version is X.Y.Z, and one that is newer than what is known is said") {
  const Folder folder;
  folder.write("livekit.yaml", "keys:\n  controller: 0123456789abcdef0123456789abcdef\n");
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  for (const char* bad : {"9.9", "latest", "1.13.x", "1.13.5.1", "v", "1..5"}) {
    inputs.options.livekit_version = bad;
    CHECK(error_of(inputs) == "64 --livekit-version: \"" + std::string(bad) + "\" is not a version X.Y.Z");
  }
  inputs.options.livekit_version = "v1.9.12";
  CHECK(loaded(inputs).deployment.notes.empty());
  inputs.options.livekit_version = "1.99.0";
  CHECK(
      loaded(inputs).deployment.notes ==
      std::vector<std::string>{"LiveKit 1.99.0 is newer than what this release knows: the file is judged as "
                               "1.13.5 reads it."});
}

TEST_CASE("user and password of a URL given by hand go no further, and a note says so") {
  const Folder folder;
  Inputs inputs = folder.inputs();
  inputs.target = "https://user:canary@livekit.uni.example";
  const Loaded out = loaded(inputs);
  CHECK(setting(out, "livekit.public_url") == "https://livekit.uni.example TARGET");
  CHECK(
      out.deployment.notes ==
      std::vector<std::string>{"The user name and password in public_url are not used: browsers and LiveKit "
                               "have no use for them."});
  inputs.target = "https://user:canary@[2001:db8::1";
  CHECK(error_of(inputs) == "64 TARGET: \"https://[2001:db8::1\" has no valid IPv6 address in its brackets");
  inputs.target = "user:canary@livekit.uni.example";
  CHECK(error_of(inputs) ==
        "64 \"livekit.uni.example\" is neither a URL nor a configured target; did you mean "
        "https://livekit.uni.example?");
}

TEST_CASE("the secret comes from a file, the environment or a systemd credential, in this order") {
  const Folder folder;
  folder.write("secret", "canary-from-file\n");
  folder.write("credentials/api_secret", "canary-from-systemd");
  Inputs inputs = folder.inputs();
  inputs.target = "https://livekit.uni.example";
  inputs.options.api_key = "probe";
  inputs.environment["CREDENTIALS_DIRECTORY"] = folder.path() + "/credentials";
  CHECK(loaded(inputs).deployment.secrets.api_secret.reveal() == "canary-from-systemd");
  inputs.environment["LKDOCTOR_API_SECRET"] = "canary-from-environment";
  CHECK(loaded(inputs).deployment.secrets.api_secret.reveal() == "canary-from-environment");
  inputs.options.api_secret_file = "secret";
  CHECK(loaded(inputs).deployment.secrets.api_secret.reveal() == "canary-from-file");
  folder.write("secret", "\n");
  CHECK(error_of(inputs) == "66 cannot read " + folder.path() + "/secret (--api-secret-file): is empty");
}

TEST_CASE("a key by hand takes the secret of the file that has it") {
  const Folder folder;
  folder.write("controller.toml", controller());
  folder.write("livekit.yaml", livekit("  controller: " + std::string(kSecret) +
                                       "\n  other: canary-other-0123456789abcdefgh\n"));
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  inputs.options.api_key = "other";
  CHECK(loaded(inputs).deployment.secrets.api_secret.reveal() == "canary-other-0123456789abcdefgh");
  inputs.options.api_key = "nobody";
  const Loaded out = loaded(inputs);
  CHECK_FALSE(out.deployment.has_key_pair());
  CHECK(out.deployment.notes ==
        std::vector<std::string>{
            "No file has a secret for the key \"nobody\": give it with --api-secret-file."});
}

TEST_CASE("LiveKit's file alone gives ports and a key pair") {
  const Folder folder;
  folder.write("livekit.yaml", livekit("  only: " + std::string(kSecret) + "\n"));
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  const Loaded out = loaded(inputs);
  REQUIRE_FALSE(out.error);
  CHECK(out.deployment.api_key.value == "only");
  CHECK(out.deployment.has_key_pair());
  CHECK(setting(out, "server.rtc.tcp_port") == "7881 livekit.yaml:3:13");
}

TEST_CASE("key and secret in each other's place are seen and the secret is not shown as a name") {
  const Folder folder;
  folder.write("controller.toml", "[livekit]\napi_key = \"" + std::string(kSecret) +
                                      "\"\napi_secret = \"mykey\"\npublic_url = \"wss://l.uni.example\"\n"
                                      "service_url = \"http://l:7880\"\n");
  folder.write("livekit.yaml", livekit("  mykey: " + std::string(kSecret) + "\n"));
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  const Loaded out = loaded(inputs);
  REQUIRE(out.deployment.controller);
  CHECK(out.deployment.controller->pair_swapped);
  CHECK(out.deployment.controller->findings.back().id == "api-key-unknown");
  CHECK_FALSE(out.deployment.has_key_pair());
}

TEST_CASE("a target's URL does not take the key pair of another host's file unless it is named") {
  const Folder folder;
  folder.write("controller.toml", controller());
  Inputs inputs = folder.inputs();
  inputs.target = "https://elsewhere.example";
  const Loaded foreign = loaded(inputs);
  CHECK_FALSE(foreign.deployment.has_key_pair());
  CHECK(foreign.deployment.notes.size() == 1);
  inputs.target = "https://livekit.uni.example";
  CHECK(loaded(inputs).deployment.has_key_pair());
  inputs.target = "https://elsewhere.example";
  inputs.options.controller = "controller.toml";
  CHECK(loaded(inputs).deployment.has_key_pair());
}

TEST_CASE("a token file may hold two tokens") {
  const Folder folder;
  folder.write("tokens", "canary.publisher.x\r\ncanary.subscriber.x\n");
  Inputs inputs = folder.inputs();
  inputs.target = "wss://livekit.uni.example";
  inputs.options.token_file = "tokens";
  const Loaded out = loaded(inputs);
  CHECK(out.deployment.secrets.token.reveal() == "canary.publisher.x");
  CHECK(out.deployment.secrets.subscriber_token.reveal() == "canary.subscriber.x");
  CHECK(out.deployment.token.is_set());
}

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
