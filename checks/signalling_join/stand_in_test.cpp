// SPDX-License-Identifier: EUPL-1.2
#include <doctest/doctest.h>

#include <fstream>
#include <lkdoctor/facts/key_verdict.hpp>
#include <lkdoctor/facts/refusals.hpp>
#include <lkdoctor/facts/url_addresses.hpp>
#include <sstream>

#include "demo/demo.hpp"
#include "support/provoked.hpp"
#include "support/test_probe.hpp"

namespace lkdoctor::checks {
std::unique_ptr<Check> make_signalling_join();
std::unique_ptr<Check> make_signalling_public();
std::unique_ptr<Check> make_signalling_service();
std::unique_ptr<Check> make_signalling_topology();
std::unique_ptr<Check> make_http_public();
std::unique_ptr<Check> make_http_service();
std::unique_ptr<Check> make_api_key();
}  // namespace lkdoctor::checks

using namespace lkdoctor;

namespace {

/// The quoted value behind `name = ` in a file of the stand-in.
std::string value_in(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  const std::string all = text.str();
  const std::size_t begin = all.find('"', all.find(name + " = ")) + 1;
  return all.substr(begin, all.find('"', begin) - begin);
}

Deployment deployment_of(const demo::StandIn& stand_in) {
  const Origin origin{Origin::Kind::flag, "test", 0, 0};
  Deployment out;
  out.public_url = {"https://" + std::string(demo::StandIn::kHost), origin};
  out.service_url = {"http://127.0.0.1:" + std::to_string(stand_in.http_port()), origin};
  out.api_key = {value_in(stand_in.controller_file(), "api_key"), origin};
  out.secrets.api_secret = Secret(value_in(stand_in.controller_file(), "api_secret"));
  out.api_secret.origin = origin;
  out.run.ca_files = {stand_in.ca_file()};
  out.run.vantage = Vantage::inside;
  return out;
}

test::TestProbe probe_of(const demo::StandIn& stand_in) {
  test::TestProbe probe(deployment_of(stand_in));
  const std::string host(demo::StandIn::kHost);
  const std::string url = "https://" + host + ":" + std::to_string(stand_in.https_port());
  probe.known.set(facts::public_addresses, {url, host, stand_in.https_port(), true, "", {"127.0.0.1"}});
  probe.known.set(facts::service_addresses,
                  {"http://127.0.0.1", "127.0.0.1", stand_in.http_port(), false, "", {"127.0.0.1"}});
  return probe;
}

}  // namespace

TEST_CASE(
    "all checks of HTTP, signalling and key are content with a sound deployment, and count what they cause") {
  const demo::StandIn stand_in;
  test::TestProbe probe = probe_of(stand_in);
  std::vector<std::pair<std::unique_ptr<Check>, Json>> collected;
  for (const auto make :
       {&checks::make_http_public, &checks::make_http_service, &checks::make_signalling_public,
        &checks::make_signalling_topology, &checks::make_api_key, &checks::make_signalling_join}) {
    std::unique_ptr<Check> check = make();
    Json observation = test::collect(*check, probe);
    collected.emplace_back(std::move(check), std::move(observation));
  }
  for (const auto& [check, observation] : collected) {
    const std::string id(check->info().id);
    CAPTURE(id);
    const Judgement judgement = test::judge(*check, observation, probe.known, probe.deployment());
    CHECK(test::ids(judgement).empty());
    CHECK(judgement.unknown_reason().value_or("") == "");
    const std::string stored = observation.dump();
    CHECK(stored.find(probe.deployment().secrets.api_secret.reveal()) == std::string::npos);
    CHECK(stored.find("eyJ") == std::string::npos);
  }
  CHECK(probe.joins == 1);
  CHECK(probe.rooms == 1);
  CHECK(probe.unauthorized <= 12);
}

namespace {

using Maker = std::unique_ptr<Check> (*)();

/// Runs the checks against a sound deployment, every one of which is content. Gives the answers 401.
int refusals_in(facts::Refusals allowed, const std::vector<Maker>& makers) {
  const demo::StandIn stand_in;
  test::TestProbe probe = probe_of(stand_in);
  probe.known.set(facts::refusals, allowed);
  for (const Maker make : makers) {
    const std::unique_ptr<Check> check = make();
    const std::string id(check->info().id);
    CAPTURE(id);
    const Json observation = test::collect(*check, probe);
    const Judgement judgement = test::judge(*check, observation, probe.known, probe.deployment());
    CHECK(test::ids(judgement).empty());
    CHECK(judgement.unknown_reason().value_or("") == "");
    if (id == "api_key")
      CHECK((observation.at("ladder_at") == "spared") == (allowed == facts::Refusals::none));
  }
  CHECK(probe.find(facts::key_verdict)->at_public_url == facts::KeyState::accepted);
  return probe.unauthorized;
}

}  // namespace

TEST_CASE("a run that spares refusals causes none at a sound deployment, and is content with it") {
  CHECK(refusals_in(facts::Refusals::none,
                    {&checks::make_http_public, &checks::make_http_service, &checks::make_signalling_topology,
                     &checks::make_api_key, &checks::make_signalling_join}) == 0);
}

TEST_CASE("a run that may be refused a few times is so three times at both URLs of a sound deployment") {
  CHECK(refusals_in(facts::Refusals::few, {&checks::make_http_public, &checks::make_http_service,
                                           &checks::make_signalling_public, &checks::make_signalling_service,
                                           &checks::make_signalling_topology, &checks::make_api_key}) == 3);
}

namespace {

/// What is raised at a stand-in with this fault, by check.
std::map<std::string, std::vector<std::string>> raised_at(std::string_view fault,
                                                          std::optional<facts::Refusals> allowed) {
  const demo::StandIn stand_in(fault);
  test::TestProbe probe = probe_of(stand_in);
  if (allowed) probe.known.set(facts::refusals, *allowed);
  std::vector<std::pair<std::unique_ptr<Check>, Json>> collected;
  for (const Maker make :
       {&checks::make_http_public, &checks::make_http_service, &checks::make_signalling_public,
        &checks::make_signalling_service, &checks::make_signalling_topology, &checks::make_api_key}) {
    std::unique_ptr<Check> check = make();
    Json observation = test::collect(*check, probe);
    collected.emplace_back(std::move(check), std::move(observation));
  }
  std::map<std::string, std::vector<std::string>> out;
  for (const auto& [check, observation] : collected) {
    const Judgement judgement = test::judge(*check, observation, probe.known, probe.deployment());
    std::vector<std::string>& said = out[std::string(check->info().id)];
    said = test::ids(judgement);
    if (judgement.unknown_reason()) said.emplace_back("unknown");
  }
  return out;
}

}  // namespace

TEST_CASE("what is broken is told alike by runs that spare refusals") {
  for (const std::string_view fault :
       {"api-key-unknown", "api-secret-mismatch", "proxy-auth-or-waf-intercepts", "proxy-backend-down",
        "proxy-path-mismatch", "proxy-strips-authorization", "wrong-backend", "ws-upgrade-stripped"}) {
    const std::string name(fault);
    CAPTURE(name);
    const auto told = raised_at(fault, std::nullopt);
    CHECK(raised_at(fault, facts::Refusals::few) == told);
    CHECK(raised_at(fault, facts::Refusals::none) == told);
  }
}
