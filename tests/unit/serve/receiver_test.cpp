// SPDX-License-Identifier: EUPL-1.2
#include "serve/receiver.hpp"

#include "serve/settings.hpp"
#include "support/config_folder.hpp"
#include "unit/serve/named_checks.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using test::config_folder::Folder;

namespace {

const std::string kTarget = "[[target]]\nname = \"a\"\npublic_url = \"https://a.uni.example\"\n";
const std::string kHeader = "[[serve.receiver]]\n";
const std::string kWebhook = kHeader + "kind = \"webhook\"\nurl = \"https://hook.uni.example/x\"\n";

Settings settings(const Folder& folder, const std::string& text) {
  folder.write("lkdoctor.toml", kTarget + text);
  return load_settings(folder.inputs(), test::few_checks());
}

std::string error_of(const std::string& text) {
  const Folder folder;
  const Settings out = settings(folder, text);
  if (!out.error) return "";
  const std::string message = test::config_folder::replaced(out.error->message, folder.path() + "/", "");
  return std::to_string(out.error->exit_status) + " " + message;
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("receivers come from lkdoctor.toml, and their secrets from files beside it") {
  const Folder folder;
  folder.write("token", "canary-of-the-webhook\n");
  folder.write("password", "open sesame\r\n");
  folder.write("ca.pem", "");
  const Settings out =
      settings(folder, kWebhook + "bearer_token_file = \"token\"\nca_file = \"ca.pem\"\n" + kHeader +
                           "kind = \"alertmanager\"\nurl = \"http://[::1]:9093/am/\"\n"
                           "username = \"Aladdin\"\npassword_file = \"password\"\n"
                           "[serve.labels]\nprober = \"vpn\"\nsite = \"north\"\n");
  REQUIRE_FALSE(out.error);
  REQUIRE(out.receivers.size() == 2);
  const Receiver &webhook = out.receivers[0], &alerts = out.receivers[1];
  CHECK(webhook.kind == Receiver::Kind::webhook);
  CHECK(webhook.path() == "/x");
  CHECK(webhook.authorization.reveal() == "Bearer canary-of-the-webhook");
  CHECK(webhook.ca_file == folder.path() + "/ca.pem");
  CHECK(webhook.shown() == "the webhook at https://hook.uni.example");
  CHECK(alerts.kind == Receiver::Kind::alertmanager);
  CHECK(alerts.path() == "/am/api/v2/alerts");
  CHECK(alerts.authorization.reveal() == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  CHECK(alerts.ca_file.empty());
  CHECK(alerts.shown() == "the Alertmanager at http://[::1]:9093");
  CHECK(out.labels == std::map<std::string, std::string>{{"prober", "vpn"}, {"site", "north"}});
}

TEST_CASE("without receivers nobody is told, and the prober is called by its host's name") {
  const Folder folder;
  const Settings out = settings(folder, "");
  REQUIRE_FALSE(out.error);
  CHECK(out.receivers.empty());
  REQUIRE(out.labels.size() == 1);
  CHECK_FALSE(out.labels.at("prober").empty());
}

TEST_CASE("a webhook's query is a part of where it is posted to, a fragment is not") {
  const auto path = [](const std::string& url) {
    return Receiver{Receiver::Kind::webhook, url, {}, {}}.path();
  };
  CHECK(path("https://hook.uni.example") == "/");
  CHECK(path("https://hook.uni.example?room=7") == "/?room=7");
  CHECK(path("https://hook.uni.example/a/b?room=7#top") == "/a/b?room=7");
}

TEST_CASE("a fault in a receiver is told with its place, without any secret") {
  CHECK(error_of(kHeader + "kind = \"webhok\"\n") ==
        "78 lkdoctor.toml:5:8: \"webhok\" is neither webhook nor alertmanager; did you mean webhook?\n"
        "  5 | kind = \"webhok\"\n    |        ^");
  CHECK(error_of(kWebhook + "bearer_token = \"canary\"\n") ==
        "78 lkdoctor.toml:7:1: a secret may not stand here; name a file that holds it: bearer_token_file\n"
        "  7 | bearer_token = \"******\"\n    | ^^^^^^^^^^^^");
  CHECK(error_of(kHeader + "url = \"https://me:canary@hook.uni.example\"\n") ==
        "78 lkdoctor.toml:5:7: a secret may not stand here; write username and password_file\n"
        "  5 | url = \"*****://**:******@****.***.*******\"\n    |       ^");
  CHECK(error_of(kHeader + "url = \"wss://hook.uni.example?token=canary\"\n") ==
        "78 lkdoctor.toml:5:7: \"wss://hook.uni.example?token=***\" is no http or https URL\n"
        "  5 | url = \"***://****.***.*******?*****=******\"\n    |       ^");
}

TEST_CASE("what a receiver lacks or has too much of is told in a sentence") {
  const auto first = [](const std::string& text) { return first_line(error_of(text)); };
  const std::string alertmanager = kHeader + "kind = \"alertmanager\"\n";
  CHECK(first(kHeader + "kind = \"webhook\"\n") == "78 lkdoctor.toml:4:1: [[serve.receiver]] needs a url");
  CHECK(first(kHeader + "url = \"https://x.example\"\n") ==
        "78 lkdoctor.toml:4:1: [[serve.receiver]] needs a kind: webhook or alertmanager");
  CHECK(first(kWebhook + "pasword_file = \"x\"\n") ==
        "78 lkdoctor.toml:7:1: unknown key \"pasword_file\" in [[serve.receiver]]; did you mean "
        "password_file?");
  CHECK(first(kWebhook + "username = \"x\"\n") ==
        "78 lkdoctor.toml:4:1: [[serve.receiver]] has a username and no password_file");
  CHECK(first(kWebhook + "password_file = \"x\"\n") ==
        "78 lkdoctor.toml:4:1: [[serve.receiver]] has a password_file and no username");
  CHECK(first(kWebhook + "username = \"x\"\npassword_file = \"x\"\nbearer_token_file = \"x\"\n") ==
        "78 lkdoctor.toml:4:1: [[serve.receiver]] has a password_file and a bearer_token_file; only one can "
        "be sent");
  CHECK(first(kWebhook + "username = \"a:b\"\n") ==
        "78 lkdoctor.toml:7:12: a username has no colon and no control characters");
  CHECK(first(alertmanager + "url = \"http://am.uni.example?x\"\n") ==
        "78 lkdoctor.toml:4:1: [[serve.receiver]] has a url with more than Alertmanager's address and path");
  CHECK(first("[serve]\nreceiver = \"x\"\n") ==
        "78 lkdoctor.toml:5:12: receiver must be written as [[serve.receiver]], not a string");
  std::string many;
  for (int i = 0; i < 17; ++i) many += kWebhook;
  CHECK(first(many) == "78 lkdoctor.toml:52:1: there are more than 16 receivers");
}

TEST_CASE("a file of a receiver that cannot be read, or holds no secret, ends the start") {
  CHECK(error_of(kWebhook + "bearer_token_file = \"token\"\n") ==
        "66 cannot read token (lkdoctor.toml:7:21): No such file or directory");
  CHECK(error_of(kWebhook + "ca_file = \"ca.pem\"\n") ==
        "66 cannot read ca.pem (lkdoctor.toml:7:11): No such file or directory");
  const Folder folder;
  for (const char* content : {"", "\n", "two\nlines\n", "a\tb"}) {
    folder.write("token", content);
    const Settings out = settings(folder, kWebhook + "bearer_token_file = \"token\"\n");
    REQUIRE(out.error);
    CHECK(first_line(out.error->message) ==
          folder.path() + "/lkdoctor.toml:7:21: the file must hold one line of printable text");
  }
}

TEST_CASE("labels are such as Alertmanager takes, and none that lkdoctor sets itself") {
  const auto first = [](const std::string& text) { return first_line(error_of("[serve.labels]\n" + text)); };
  CHECK(first("\"a-b\" = \"x\"\n") ==
        "78 lkdoctor.toml:5:1: a label's name has letters, digits and _ alone, and begins with no digit");
  CHECK(first("severity = \"x\"\n") == "78 lkdoctor.toml:5:1: the label severity is set by lkdoctor");
  CHECK(first("site = \"\"\n") ==
        "78 lkdoctor.toml:5:8: a label's value has 1 to 100 characters, all of them printable");
  CHECK(first("site = 7\n") == "78 lkdoctor.toml:5:8: site must be a string, not an integer");
  std::string many;
  for (char c = 'a'; c <= 'q'; ++c) many += std::string(1, c) + " = \"x\"\n";
  CHECK(first(many) == "78 lkdoctor.toml:4:1: there are more than 16 labels");
}
