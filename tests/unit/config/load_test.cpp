// SPDX-License-Identifier: EUPL-1.2
#include "config/load.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "model/secrets.hpp"
#include "support/config_folder.hpp"
#include "support/provoked.hpp"

using namespace lkdoctor;
using namespace lkdoctor::config;
using namespace lkdoctor::test::config_folder;

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

TEST_CASE("the two files in each other's place end the run before anything is contacted") {
  const Folder folder;
  folder.write("c.toml", controller());
  folder.write("l.yaml", livekit("  controller: " + std::string(kSecret) + "\n"));
  Inputs inputs = folder.inputs();
  inputs.options.controller = "l.yaml";
  CHECK(error_of(inputs) ==
        "64 --controller: l.yaml is LiveKit's configuration, not the controller's; name it with --livekit");
  inputs.options.livekit = "c.toml";
  CHECK(error_of(inputs) ==
        "64 --controller: l.yaml is LiveKit's configuration, not the controller's; are --controller and "
        "--livekit swapped?");
  inputs.options.controller.reset();
  CHECK(error_of(inputs) ==
        "64 --livekit: c.toml is the controller's configuration, not LiveKit's; name it with --controller");
  folder.write("broken.toml", "[livekit]\napi_key = \n");
  inputs.options.livekit.reset();
  inputs.options.controller = "broken.toml";
  CHECK(error_of(inputs).empty());
}

TEST_CASE("blanks around a URL are told, and the run goes on with the URL") {
  const Folder folder;
  folder.write(
      "controller.toml",
      "[livekit]\napi_key = \"controller\"\napi_secret = \"" + std::string(kSecret) +
          "\"\npublic_url = \" wss://livekit.uni.example \"\nservice_url = \"http://livekit:7880\"\n");
  const Loaded out = loaded(folder.inputs());
  CHECK(out.deployment.public_url.value == "wss://livekit.uni.example");
  CHECK(out.deployment.service_url.value == "http://livekit:7880");
  CHECK(out.deployment.name == "livekit.uni.example");
  REQUIRE(out.deployment.controller->findings.size() == 1);
  CHECK(
      out.deployment.controller->findings[0].title ==
      "public_url = \" wss://livekit.uni.example \" begins or ends with white space, which not every client "
      "strips; the controller hands it to every browser unchecked.");
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

TEST_CASE("LiveKit's file is judged again as the server that runs reads it") {
  const Folder folder;
  folder.write(
      "livekit.yaml",
      "rtc:\n  skip_external_ip_validation: true\nkeys:\n  controller: 0123456789abcdef0123456789abcdef\n");
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  const Loaded out = loaded(inputs);
  CHECK(out.deployment.livekit->version == "1.13.5");
  CHECK(out.deployment.livekit->accepted == true);
  const auto [old, silent] = out.livekit_as_of("1.8.4");
  CHECK(old.version == "1.8.4");
  CHECK_FALSE(old.version_declared);
  CHECK(old.accepted == false);
  REQUIRE(old.findings.size() == 1);
  CHECK(old.findings[0].id == "config-unknown-field");
  CHECK(silent.empty());
  // With which release after 1.11.0 the key came nobody here knows, and the server runs.
  const auto [between, note] = out.livekit_as_of("1.12.1");
  CHECK(between.version == "1.13.5");
  CHECK(between.accepted == true);
  CHECK(note == "LiveKit 1.12.1 runs, whose keys are not known: the file is judged as 1.13.5 reads it.");
  const auto [newer, said] = out.livekit_as_of("1.14.0");
  CHECK(newer.version == "1.14.0");
  CHECK(newer.accepted == true);
  CHECK(said ==
        "LiveKit 1.14.0 is newer than what this release knows: the file is judged as 1.13.5 reads it.");
  CHECK(out.livekit_as_of("1.9.3").first.accepted == false);
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

TEST_CASE("a secret that stands as a name in controller.toml is hidden, whatever LiveKit's file has") {
  const std::string random = "Vq7mXb2KzR9tLw4NcY8sHd3PfJ6gTa5Ue1Qo";
  const Folder folder;
  folder.write("controller.toml",
               "[livekit]\napi_key = \"" + random +
                   "\"\napi_secret = \"controller\"\npublic_url = \"wss://l.uni.example\"\n"
                   "service_url = \"http://l:7880\"\n");
  folder.write("livekit.yaml", livekit("  other: " + std::string(kSecret) + "\n"));
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  const Loaded out = loaded(inputs);
  REQUIRE(out.deployment.controller);
  const Finding& finding = out.deployment.controller->findings.back();
  CHECK(replaced(finding.title, folder.path() + "/", "") ==
        "api_key and api_secret stand in each other's place in controller.toml: api_key has 36 characters, "
        "as "
        "a secret has, and api_secret 10.");
  CHECK(finding.confidence == Confidence::likely);
  CHECK(describe(out.deployment).dump().find(random) == std::string::npos);
  CHECK(redactor_for(out.deployment).clean("invalid API key: " + random) == "invalid API key: [secret]");
}

TEST_CASE("a secret that stands as a name in livekit.yaml is hidden, and controller.toml is not blamed") {
  const std::string random = "Vq7mXb2KzR9tLw4NcY8sHd3PfJ6gTa5Ue1Qo";
  const Folder folder;
  const auto settings = [&](const std::string& key, const std::string& secret) {
    return "[livekit]\napi_key = \"" + key + "\"\napi_secret = \"" + secret +
           "\"\npublic_url = \"wss://l.uni.example\"\nservice_url = \"http://l:7880\"\n";
  };
  folder.write("controller.toml", settings("controller", random));
  folder.write("livekit.yaml", livekit("  " + random + ": controller\n"));
  Inputs inputs = folder.inputs();
  inputs.options.livekit = "livekit.yaml";
  const Loaded out = loaded(inputs);
  CHECK(out.deployment.controller->findings.empty());
  CHECK_FALSE(out.deployment.controller->pair_swapped);
  CHECK(out.deployment.livekit->keys.front().name == "(a secret)");
  CHECK(redactor_for(out.deployment).clean(describe(out.deployment).dump()).find(random) ==
        std::string::npos);
  folder.write("controller.toml", settings(random, "controller"));
  const Loaded both = loaded(inputs);
  CHECK(both.deployment.controller->findings.empty());
  CHECK(both.deployment.api_key.value == random);  // LiveKit knows the pair by this name
  CHECK(redactor_for(both.deployment).clean(describe(both.deployment).dump()).find(random) ==
        std::string::npos);
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

TEST_CASE("a token file without a token is refused before anything is contacted") {
  for (const char* content :
       {"\x01\x02garbage\xff", "a.b", "a..c", "a.b.c.d", "a.b.c\nnonsense", "a b.c.d"}) {
    CAPTURE(content);
    Folder folder;
    folder.write("tokens", content);
    config::Inputs inputs = folder.inputs();
    inputs.target = "wss://livekit.uni.example";
    inputs.options.token_file = "tokens";
    const config::Loaded out = config::load(inputs);
    REQUIRE(out.error);
    CHECK(out.error->exit_status == 66);
    CHECK(out.error->message.find("holds no access token") != std::string::npos);
  }
}

TEST_CASE("a token takes the place of the key pair that a found file has") {
  const Folder folder;
  folder.write("controller.toml", controller());
  folder.write("tokens", "canary.publisher.x\n");
  Inputs inputs = folder.inputs();
  inputs.options.token_file = "tokens";
  const Loaded out = loaded(inputs);
  CHECK_FALSE(out.deployment.has_key_pair());
  CHECK(out.deployment.token.is_set());
  REQUIRE(out.deployment.notes.size() == 1);
  CHECK(replaced(out.deployment.notes.front(), folder.path() + "/", "") ==
        "The key pair of controller.toml is not used: the token of --token-file takes its place.");
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
