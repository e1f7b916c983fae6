// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>

#include "support/provoked.hpp"

using namespace lkdoctor;

namespace {

const std::string kSecret = "q7Zr2mW9xKc4Tn8Vb1Lp6Hs3Fd5Gj0YeAoUi";
const std::string kKeys = "keys:\n  controller: " + kSecret + "\n";

config::LiveKitReading read(const std::string& file, std::vector<std::string> arguments = {},
                            std::map<std::string, std::string> environment = {}, std::string version = "") {
  config::LiveKitInputs inputs;
  inputs.file_name = "livekit.yaml";
  inputs.file_text = file;
  inputs.arguments = std::move(arguments);
  inputs.environment = std::move(environment);
  inputs.version = std::move(version);
  config::LiveKitReading reading = config::read_livekit(inputs);
  test::provoked(reading.settings.findings);
  return reading;
}

std::vector<std::string> ids(const config::LiveKitReading& reading) {
  std::vector<std::string> out;
  for (const Finding& finding : reading.settings.findings) out.push_back(finding.id);
  return out;
}

using Ids = std::vector<std::string>;

/// One way to be wrong and what is said of it.
struct Wrong {
  const char* what;
  std::string file;
  std::vector<std::string> arguments;
  std::string id, reason;
};

}  // namespace

TEST_CASE("a file as OpenTalk documents it starts and has no finding") {
  const auto reading = read(
      "port: 7880\nrtc:\n  tcp_port: 7881\n  port_range_start: 20000\n  port_range_end: 25000\n" + kKeys);
  CHECK(reading.settings.accepted == true);
  CHECK(ids(reading).empty());
  CHECK(reading.settings.effective.at("udp") == "20000-25000");
  CHECK(reading.settings.effective.at("keys") == Json::array({"controller"}));
  CHECK(reading.settings.port.origin.line == 1);
  CHECK(reading.keys.at("controller").reveal() == kSecret);
}

TEST_CASE("an unknown key is named with its place, a caret and the key that was meant") {
  const auto reading = read("rtc:\n  tpc_port: 7881\n" + kKeys);
  CHECK(reading.settings.reason ==
        "could not parse config: yaml: unmarshal errors:\n  line 2: field tpc_port not found in type "
        "config.RTCConfig");
  REQUIRE(ids(reading) == Ids{"config-unknown-field"});
  const Finding& finding = reading.settings.findings.front();
  CHECK(finding.title ==
        "livekit.yaml:2: unknown key \"tpc_port\" under \"rtc\", did you mean \"tcp_port\"?");
  CHECK(finding.remedy.text == "Write \"tcp_port\" in line 2, then restart LiveKit");
  CHECK(finding.excerpt == "  2 |   tpc_port: 7881\n    |   ^^^^^^^^");
  CHECK(text(*finding.origin) == "livekit.yaml:2:3");
}

TEST_CASE("a key that only a newer or an older LiveKit knows is said so") {
  const auto early = read("enable_data_tracks: true\n" + kKeys, {}, {}, "1.8.4");
  CHECK(early.settings.findings.front().title ==
        "livekit.yaml:1: unknown key \"enable_data_tracks\" at the top level (LiveKit 1.9.12 knows it, 1.8.4 "
        "does not yet).");
  const auto late = read("room:\n  create_room_enabled: true\n" + kKeys);
  CHECK(late.settings.findings.front().title ==
        "livekit.yaml:2: unknown key \"create_room_enabled\" under \"room\" (it was removed: LiveKit 1.8.4 "
        "knew it, 1.13.5 does not any more).");
}

TEST_CASE("each class of refusal has its finding and the server's own words") {
  const std::vector<Wrong> all{
      {"no blank behind the colon",
       "port:7880\n" + kKeys,
       {},
       "config-syntax-error",
       "could not parse config: yaml: line 2: mapping values are not allowed in this context"},
      {"a port in quotes",
       "port: \"7880\"\n" + kKeys,
       {},
       "config-wrong-type",
       "could not parse config: yaml: unmarshal errors:\n  line 1: cannot unmarshal !!str `7880` into "
       "uint32"},
      {"a key twice",
       "port: 1\nport: 2\n" + kKeys,
       {},
       "config-duplicate-key",
       "could not parse config: yaml: unmarshal errors:\n  line 2: mapping key \"port\" already defined at "
       "line 1"},
      {"no keys", "port: 7880\n", {}, "keys-not-loaded", "one of key-file or keys must be provided"},
      {"range reversed",
       "rtc: {port_range_start: 25000, port_range_end: 20000}\n" + kKeys,
       {},
       "config-port-invalid",
       "invalid port"},
      {"one port twice",
       "port: 7881\n" + kKeys,
       {},
       "config-port-conflict",
       "listen tcp :7881: bind: address already in use"},
      {"a network as bind address",
       "bind_addresses: [10.0.0.0/8]\n" + kKeys,
       {},
       "bind-address-invalid",
       "listen tcp: lookup 10.0.0.0/8: no such host"},
      {"TURN without port",
       "turn: {enabled: true}\n" + kKeys,
       {},
       "turn-start-config-error",
       "invalid TURN ports"},
      {"webhook without key",
       "webhook: {urls: [http://x/]}\n" + kKeys,
       {},
       "config-value-refused",
       "api_key is required to use webhooks"},
      {"a misspelt option",
       kKeys,
       {"--node_ip", "1.2.3.4"},
       "config-argument-invalid",
       "Incorrect Usage: flag provided but not defined: -node_ip"},
  };
  for (const Wrong& wrong : all) {
    CAPTURE(wrong.what);
    const auto reading = read(wrong.file, wrong.arguments);
    CHECK(reading.settings.accepted == false);
    CHECK(reading.settings.reason == wrong.reason);
    CHECK(ids(reading) == Ids{wrong.id});
  }
}

TEST_CASE("what starts and is wrong all the same has its finding") {
  const std::vector<Wrong> all{
      {"--node-ip with use_external_ip",
       "rtc: {use_external_ip: true}\n" + kKeys,
       {"--node-ip", "198.51.100.23"},
       "node-ip-overridden-by-external-ip",
       ""},
      {"range and mux",
       "rtc: {udp_port: 7882, port_range_start: 20000, port_range_end: 25000}\n" + kKeys,
       {},
       "udp-port-settings-conflict",
       ""},
      {"one end alone", "rtc: {port_range_start: 20000}\n" + kKeys, {}, "udp-port-settings-conflict", ""},
      {"a list as udp_port", "rtc:\n  udp_port: [7882, 7892]\n" + kKeys, {}, "config-value-ignored", ""},
      {"loopback", "bind_addresses: [127.0.0.1]\n" + kKeys, {}, "bound-to-loopback", ""},
      {"no ICE over TCP", "rtc: {tcp_port: 0}\n" + kKeys, {}, "ice-tcp-not-configured", ""},
      {"short secret", "keys: {controller: abcdefgh}\n", {}, "secret-too-short", ""},
      {"empty secret", "keys: {controller: }\n", {}, "secret-empty", ""},
      {"secret cut",
       "keys:\n  controller: " + kSecret + " #rest-of-secret\n",
       {},
       "secret-cut-by-comment",
       ""},
      {"a documentation name",
       "turn: {enabled: true, udp_port: 3478, domain: turn.example.com}\n" + kKeys,
       {},
       "placeholder-value",
       ""},
      {"a bad --node-ip", kKeys, {"--node-ip", "livekit"}, "node-ip-invalid", ""},
      {"development", "development: true\n" + kKeys, {}, "dev-mode-in-production", ""},
  };
  for (const Wrong& wrong : all) {
    CAPTURE(wrong.what);
    const auto reading = read(wrong.file, wrong.arguments);
    CHECK(reading.settings.accepted != false);
    CHECK(ids(reading) == Ids{wrong.id});
  }
  CHECK(ids(read("keys: {controller_key: -secret-}\n")) ==
        Ids{"default-or-sample-credentials", "secret-too-short"});
  CHECK(ids(read("port: 7890\n" + kKeys, {}, {{"LIVEKIT_PORT", "7880"}})) ==
        Ids{"environment-overrides-file"});
}

TEST_CASE("settings with which LiveKit starts and nobody can meet") {
  struct Room {
    std::string file, id, title;
    Severity severity;
  };
  const std::vector<Room> all{
      {"room:\n  enabled_codecs:\n    - mime: video/VP8\n    - mime: audio/red\n", "opus-not-enabled",
       "room.enabled_codecs holds no codec for sound: nobody is heard.", Severity::failure},
      {"room: {enabled_codecs: []}\n", "opus-not-enabled",
       "room.enabled_codecs holds no codec for sound: nobody is heard.", Severity::failure},
      {"room:\n  enabled_codecs:\n    - {mime: audio/PCMU}\n", "opus-not-enabled",
       "room.enabled_codecs holds no Opus: sound is left to audio/pcmu, where a client has it.",
       Severity::warning},
      {"room: {max_participants: 1}\n", "max-participants-too-low",
       "room.max_participants is 1: LiveKit refuses the second participant of every room.",
       Severity::failure},
      {"rtc: {port_range_start: 20000, port_range_end: 20000}\n", "udp-port-exhaustion",
       "UDP 20000 is one port: enough for about 1 participant, at one or two ports each.", Severity::warning},
      {"rtc: {port_range_start: 20000, port_range_end: 20006}\n", "udp-port-exhaustion",
       "UDP 20000-20006 are 7 ports: enough for about 3 participants, at one or two ports each.",
       Severity::warning},
  };
  for (const Room& room : all) {
    CAPTURE(room.file);
    const auto reading = read(room.file + kKeys);
    CHECK(reading.settings.accepted == true);
    REQUIRE(ids(reading) == Ids{room.id});
    const Finding& finding = reading.settings.findings.front();
    CHECK(finding.title == room.title);
    CHECK(finding.severity == room.severity);
    CHECK(finding.origin.has_value());
  }
  for (const char* file :
       {"room:\n  enabled_codecs:\n    - mime: audio/OPUS\n", "room: {max_participants: 2}\n",
        "room: {max_participants: 0}\n", "room:\n  enabled_codecs:\n",
        "rtc: {port_range_start: 20000, port_range_end: 20007}\n", "rtc: {udp_port: 7882}\n"}) {
    CAPTURE(file);
    CHECK(ids(read(file + kKeys)).empty());
  }
}

TEST_CASE("hostile files end in one clear finding within a second") {
  std::string bomb = "a0: &a0 [x]\n";
  for (int i = 1; i < 30; ++i) {
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
    bomb += "]\n";
  }
  std::string merges = "r0: &r0 {tcp_port: 1}\n";
  for (int i = 1; i < 25; ++i) {
    merges += "r" + std::to_string(i) + ": &r" + std::to_string(i) + "\n  <<: [*r" + std::to_string(i - 1) +
              ", *r" + std::to_string(i - 1) + "]\n";
  }
  merges += "rtc:\n  <<: *r24\n";
  std::string same_keys;
  for (int i = 0; i < 60000; ++i) same_keys += "a: 1\n";
  const std::vector<std::string> files{std::string(10'000'000, 'x'),
                                       std::string(200'000, '{'),
                                       std::string(200'000, '['),
                                       bomb,
                                       merges,
                                       same_keys,
                                       std::string("port: 1\0\n", 9),
                                       "port: \xff\xfe\n",
                                       std::string(100'000, '\t')};
  for (const std::string& file : files) {
    CAPTURE(file.substr(0, 20));
    const std::clock_t begin = std::clock();  // of this process: the machine may be busy
    const auto reading = read(file);
    CHECK((std::clock() - begin) < CLOCKS_PER_SEC);
    CHECK(reading.settings.accepted != true);
    CHECK_FALSE(reading.settings.findings.empty());
    CHECK(reading.settings.findings.size() <= 101);
  }
}

TEST_CASE("a file cut at any byte is read or refused, never more") {
  const std::string file =
      "port: 7880 # c\nrtc:\n  udp_port: \"7882-7892\"\n  ips: {includes: [10.0.0.0/8]}\nkeys: &k\n  "
      "controller: |-\n    " +
      kSecret + "\nturn:\n  <<: {enabled: yes}\n  udp_port: 0x1EC8\nx: *k\n";
  for (std::size_t length = 0; length <= file.size(); ++length) {
    const auto reading = read(file.substr(0, length));
    CHECK((reading.settings.accepted != false || !reading.settings.reason.empty()));
  }
}

TEST_CASE("credentials of TURN servers are kept apart from what may be shown") {
  const auto reading = read(
      "rtc:\n  turn_servers:\n    - {host: a.example, port: 443, protocol: tls, secret: canary-one}\n"
      "    - {host: b.example, port: 3478, protocol: udp, username: u, credential: canary-two}\n" +
      kKeys);
  REQUIRE(reading.turn_servers.size() == 2);
  CHECK(reading.turn_servers[0].shared == Secret("canary-one"));
  CHECK(reading.turn_servers[1].username == "u");
  CHECK(reading.turn_servers[1].credential == Secret("canary-two"));
  CHECK(Json(reading.settings).dump().find("canary") == std::string::npos);
}

TEST_CASE("no secret is in what is said, wherever it stands in the file") {
  const std::string canary = "Zq7CanaryCanaryCanary9xKc4Tn8Vb1Lp6H";
  const std::vector<std::string> files{
      "keys:\ncontroller: " + canary + "\n",
      "keys: {controller:" + canary + "}\n",
      "keys: " + canary + "\n",
      "keys:\n  controller:" + canary + "\n",
      "keys: {controller: " + canary + "\n",
      "keys:\n  - " + canary + "\n",
      "key:\n  controller: " + canary + "\n",
      "keys:\n\tcontroller: " + canary + "\n",
      "keys:\n  controller: \"" + canary + "\n",
      "keys:\n  controller: @" + canary + "\n",
      "keys:\n  a: " + canary + "\n  a: " + canary + "\n",
      canary + "\n",
      "redis:\n  password: [" + canary + "]\n" + kKeys,
      "redis:\n  pasword: " + canary + "\n" + kKeys,
      "port: 7880 # " + canary + "\nprot: 1\n",
      "keys:\n  controller: |\n  " + canary + "\n",
      "prometheus:\n  password: " + canary + "\n  password: " + canary + "\n" + kKeys,
      "rtc:\n  turn_servers:\n    - secrets: " + canary + "\n" + kKeys,
      "keys:\n  controller: !!int " + canary + "\n",
      "keys:\n  controller: *" + canary + "\n",
      "keys: [a: " + canary + "\n"};
  for (const std::string& file : files) {
    CAPTURE(file);
    const auto reading = read(file);
    CHECK(Json(reading.settings).dump().find("Canary") == std::string::npos);
    CHECK(Json(reading.settings).dump().find(canary.substr(0, 7)) == std::string::npos);
  }
  const std::vector<std::vector<std::string>> arguments{{"--keys controller: " + canary},
                                                        {"--keys", "controller:" + canary},
                                                        {"--keys=" + canary},
                                                        {canary},
                                                        {"--redis-passwort", canary}};
  for (const auto& words : arguments) {
    CAPTURE(words.front());
    CHECK(Json(read(kKeys, words).settings).dump().find("Canary") == std::string::npos);
  }
}
