// SPDX-License-Identifier: EUPL-1.2
#include "cli/serving_view.hpp"

#include "support/config_folder.hpp"
#include "unit/serve/named_checks.hpp"

using namespace lkdoctor;
using namespace lkdoctor::cli;
using test::config_folder::Folder;
using Texts = std::vector<std::string>;

namespace {

constexpr const char* kTwo =
    "[[target]]\nname = \"pool\"\npublic_url = \"https://livekit.uni.example\"\n"
    "[[target]]\nname = \"lk01\"\npublic_url = \"https://livekit.uni.example\"\n"
    "[[target]]\nname = \"other\"\npublic_url = \"https://other.uni.example\"\n";
constexpr const char* kAlone = "[[target]]\nname = \"a\"\npublic_url = \"https://a.uni.example\"\n";

ServingView view(const std::string& settings, const serve::WebConfig& web = {}) {
  const Folder folder;
  folder.write("lkdoctor.toml", settings);
  const engine::CheckList checks = test::few_checks();
  const serve::Settings loaded = serve::load_settings(folder.inputs(), checks);
  REQUIRE_FALSE(loaded.error);
  return view_of(loaded, web, checks);
}

serve::WebConfig with_password() {
  serve::WebConfig web;
  web.users.emplace("prometheus", Secret("$2y$10$"));
  return web;
}

}  // namespace

TEST_CASE("targets with one LiveKit in common are added up, and told where several of them join at a time") {
  const std::string state = "[serve]\nstate_dir = \"state\"\n";
  const ServingView turns = view(kTwo + state);
  REQUIRE(turns.livekits.size() == 2);
  CHECK(turns.livekits[0].livekit == "livekit.uni.example:443");
  CHECK(turns.livekits[0].targets == Texts{"pool", "lk01"});
  CHECK(turns.livekits[0].load.joins == doctest::Approx(2 * turns.targets[0].load.joins));
  CHECK(turns.livekits[1].targets == Texts{"other"});
  CHECK(turns.warnings.empty());
  CHECK(view(kTwo + state + "joins_at_once = 4\n").warnings ==
        Texts{"2 targets have LiveKit livekit.uni.example:443, and joins_at_once lets 2 of them join it at "
              "the same time: what one measures can disturb the other"});
}

TEST_CASE("what anyone may read, passwords in the clear and a history that ends are warned of") {
  const std::string beyond =
      "[serve]\nstate_dir = \"state\"\nweb.listen_address = \":17880\"\nweb.config_file = \"web.yml\"\n";
  CHECK(view(kAlone + beyond).warnings ==
        Texts{"whoever reaches :17880 reads reports, which name addresses and files: the web configuration "
              "file asks for neither password nor certificate"});
  CHECK(view(kAlone + beyond, with_password()).warnings ==
        Texts{"passwords for :17880 cross the network readable: without TLS"});
  serve::WebConfig good = with_password();
  good.tls = serve::TlsSettings();
  CHECK(view(kAlone + beyond, good).warnings.empty());
  serve::WebConfig certificates;
  certificates.tls = serve::TlsSettings();
  certificates.tls->client_auth = serve::ClientAuth::require_and_verify;
  CHECK(view(kAlone + beyond, certificates).warnings.empty());
  CHECK(view(kAlone).warnings ==
        Texts{"the history is in memory alone and ends with the program: give --state-dir"});
}

TEST_CASE("a receiver is contacted, and its path is not told") {
  const ServingView told =
      view(std::string(kAlone) +
           "[[serve.receiver]]\nkind = \"webhook\"\nurl = \"https://hook.uni.example/canary\"\n");
  REQUIRE(told.receivers.size() == 1);
  CHECK(told.receivers[0].host == "hook.uni.example");
  CHECK(told.receivers[0].port == "443");
  CHECK(told.receivers[0].protocol == "TCP, TLS, HTTP");
  CHECK(told.receivers[0].why == "webhook: is told of state changes");
}
