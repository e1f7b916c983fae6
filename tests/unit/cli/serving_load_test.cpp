// SPDX-License-Identifier: EUPL-1.2
#include "cli/serving_load.hpp"

#include "support/config_folder.hpp"
#include "unit/serve/named_checks.hpp"

using namespace lkdoctor;
using namespace lkdoctor::cli;
using namespace std::chrono_literals;
using test::config_folder::Folder;

namespace {

serve::Target target(const Folder& folder, const std::string& settings, const engine::CheckList& checks) {
  folder.write("lkdoctor.toml", settings);
  serve::Settings out = serve::load_settings(folder.inputs(), checks);
  REQUIRE_FALSE(out.error);
  return std::move(out.targets.at(0));
}

std::string shown(const Schedule& schedule) {
  std::string out;
  for (const Schedule::Entry& entry : schedule.entries) {
    out += std::string(entry.check->id) + " " + std::to_string(entry.every.count() / 1000) + "\n";
  }
  for (const Schedule::LeftOut& one : schedule.left_out) out += one.check + ": " + one.reason + "\n";
  return out;
}

const std::string kTarget = "[[target]]\nname = \"a\"\npublic_url = \"https://a.uni.example\"\n";
const std::string kModule = "module = \"m\"\n[module.m]\n";

}  // namespace

TEST_CASE("a check that others need runs as often as the most frequent of them") {
  const Folder folder;
  const engine::CheckList checks = test::few_checks();
  const serve::Target rare =
      target(folder, kTarget + kModule + "media_udp = \"5m\"\nmedia_loop = \"1h\"\n", checks);
  CHECK(shown(schedule_of(rare, checks)) ==
        "names_public 300\nsignalling_join 300\nmedia_udp 300\nmedia_loop 3600\n");
}

TEST_CASE("joins and rooms of an hour come from what a run of each check causes") {
  const Folder folder;
  const engine::CheckList checks = test::few_checks();
  const auto load = [&](const std::string& settings) {
    const serve::Target one = target(folder, settings, checks);
    return load_of(schedule_of(one, checks), one.loaded.deployment);
  };
  const HourlyLoad standard = load(kTarget);
  // signalling_join 1 and media_udp 4 each 5 min, media_loop 2 in one room each 15 min.
  CHECK(standard.joins == doctest::Approx(12 * 5 + 4 * 2));
  CHECK(standard.rooms == doctest::Approx(12 * 5 + 4));
  CHECK(standard.unauthorized == 0);
  CHECK(load(kTarget + "thorough = true\n").joins == doctest::Approx(12 * 49 + 4 * 2));
  CHECK(load(kTarget + kModule + "http = \"1h\"\n").joins == 0);
}

TEST_CASE("answers 401 of an hour are those of one run, or of fewer where runs are rarer") {
  static constexpr std::string_view kAddresses[] = {"public_addresses"};
  const Folder folder;
  engine::CheckList checks = test::few_checks();
  test::add_check(checks, "signalling_public", SideEffect::none, kAddresses);
  test::add_check(checks, "signalling_service");
  const auto unauthorized = [&](const std::string& settings) {
    const serve::Target one = target(folder, settings, checks);
    return load_of(schedule_of(one, checks), one.loaded.deployment).unauthorized;
  };
  const std::string both = kTarget + "service_url = \"http://livekit:7880\"\n";
  CHECK(unauthorized(both) == doctest::Approx(3));
  CHECK(unauthorized(both + kModule + "\"http,signalling_public\" = \"15s\"\n") == doctest::Approx(2));
  CHECK(unauthorized(both + kModule + "http = \"15s\"\nsignalling_public = \"4h\"\n") == doctest::Approx(2));
  CHECK(unauthorized(both + kModule + "\"http,signalling_public\" = \"4h\"\n") == doctest::Approx(0.5));
  CHECK(unauthorized(both + kModule + "signalling_public = \"15s\"\n") == doctest::Approx(240 * 2));
}

TEST_CASE("without joins nothing is joined, and the checks that would are told with the reason") {
  const Folder folder;
  const engine::CheckList checks = test::few_checks();
  const serve::Target one =
      target(folder, kTarget + "passive = true\n" + kModule + "join = \"5m\"\n", checks);
  const Schedule schedule = schedule_of(one, checks);
  CHECK(shown(schedule) ==
        "media_loop: would join a room: --passive\nmedia_udp: would join a room: --passive\n"
        "signalling_join: would join a room: --passive\n");
  CHECK(load_of(schedule, one.loaded.deployment).joins == 0);
}
