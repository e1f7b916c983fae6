// SPDX-License-Identifier: EUPL-1.2
#include "serve/outbox.hpp"

#include <doctest/doctest.h>

#include <lkdoctor/json.hpp>

using namespace lkdoctor;
using namespace lkdoctor::serve;

namespace {

constexpr std::int64_t kNoon = 1'795'334'400'000;  // 2026-11-22T08:00:00Z
constexpr DeliveryResult kTaken{200, {}};
constexpr DeliveryResult kNoAnswer{0, {}};

Clock::time_point at(int seconds) {
  return Clock::time_point(std::chrono::seconds(1000 + seconds));
}

OutboxOptions options() {
  OutboxOptions out;
  out.external_url = "https://probe.uni.example";
  out.labels = {{"prober", "dfn"}};
  return out;
}

TargetState healthy(std::string target) {
  return {std::move(target), kNoon, Verdict::healthy, kNoon, "Everything that was tested is in order.", {}};
}

TargetState broken(std::string target) {
  TargetState state{std::move(target), kNoon + 60'000,       Verdict::broken,
                    kNoon + 15'000,    "UDP does not pass.", {}};
  state.causes = {{"udp-range-filtered", Severity::failure, "UDP 20000-25000 does not pass.",
                   "Open the range", kNoon + 15'000}};
  return state;
}

/// The body that is due then; null if none is.
Json body(Outbox& outbox, int seconds) {
  const auto delivery = outbox.due(at(seconds), kNoon + seconds * 1000);
  return delivery ? Json::parse(delivery->body) : Json();
}

std::vector<std::string> targets_in(const Json& events) {
  std::vector<std::string> out;
  for (const Json& one : events) out.push_back(one.at("target"));
  return out;
}

}  // namespace

TEST_CASE("an event says what changed, the cause with its remedy, and where to look") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(broken("lk 01"), at(0));
  CHECK(outbox->next() == at(2));
  CHECK(body(*outbox, 1).is_null());
  const auto delivery = outbox->due(at(2), kNoon + 62'000);
  REQUIRE(delivery);
  CHECK(
      delivery->body ==
      R"({"schema":"lkdoctor.events/1","sent":"2026-11-22T08:01:02.000Z","prober":{"prober":"dfn"},)"
      R"("link":"https://probe.uni.example/","blind":false,"targets":1,"events":[{"target":"lk 01",)"
      R"("at":"2026-11-22T08:01:00.000Z","verdict":"broken","before":null,"since":"2026-11-22T08:00:15.000Z",)"
      R"("summary":"UDP does not pass.","appeared":[{"finding":"udp-range-filtered","severity":"failure",)"
      R"("title":"UDP 20000-25000 does not pass.","remedy":"Open the range","since":"2026-11-22T08:00:15.000Z"}],)"
      R"("resolved":[],"link":"https://probe.uni.example/t/lk%2001"}]})"
      "\n");
  outbox->answered(kTaken, at(3));
  CHECK(outbox->next() == Clock::time_point::max());
  outbox->tell(healthy("lk 01"), at(20));
  const Json over = body(*outbox, 22).at("events").at(0);
  CHECK(over.at("before") == "broken");
  CHECK(over.at("verdict") == "healthy");
  CHECK(over.at("resolved").at(0).at("finding") == "udp-range-filtered");
  CHECK(over.at("appeared").empty());
}

TEST_CASE("a target that is healthy from the start is no event") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(healthy("lk01"), at(0));
  CHECK(outbox->next() == Clock::time_point::max());
  CHECK(body(*outbox, 100).is_null());
}

TEST_CASE("changes are gathered, and what came and went between two bodies is not told") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(healthy("lk00"), at(0));
  outbox->tell(broken("lk01"), at(0));
  outbox->tell(broken("lk02"), at(1));
  outbox->tell(healthy("lk01"), at(2));
  CHECK(body(*outbox, 1).is_null());
  CHECK(targets_in(body(*outbox, 2).at("events")) == std::vector<std::string>{"lk02"});
}

TEST_CASE("bodies keep their distance, however much changes") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(healthy("lk00"), at(0));
  int bodies = 0;
  for (int second = 0; second < 3600; ++second) {
    for (int i = 1; i <= 50; ++i) {
      const std::string name = "lk" + std::to_string(i);
      outbox->tell((second + i) % 2 == 0 ? broken(name) : healthy(name), at(second));
    }
    // Something new each second: gathering must not put it off for ever.
    if (!body(*outbox, second).is_null()) {
      ++bodies;
      outbox->answered(kTaken, at(second));
    }
  }
  CHECK(bodies > 200);
  CHECK(bodies <= 360);
}

TEST_CASE("of many events a hundred go at a time, and the rest soon after") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(healthy("one"), at(0));
  for (int i = 0; i < 150; ++i) outbox->tell(broken(fmt::format("lk{:03}", i)), at(0));
  CHECK(body(*outbox, 2).at("events").size() == 100);
  CHECK(body(*outbox, 3).is_null());  // one at a time
  outbox->answered(kTaken, at(3));
  CHECK(outbox->next() == at(4));
  CHECK(targets_in(body(*outbox, 4).at("events")).front() == "lk100");
}

TEST_CASE("a receiver that does not take it is asked again later and later, with what is true then") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(broken("lk01"), at(0));
  int now = 2;
  std::vector<int> waits;
  for (int i = 0; i < 11; ++i) {
    REQUIRE_FALSE(body(*outbox, now).is_null());
    outbox->answered(kNoAnswer, at(now));
    const auto wait = std::chrono::duration_cast<std::chrono::seconds>(outbox->next() - at(now)).count();
    waits.push_back(static_cast<int>(wait));
    now += waits.back();
  }
  CHECK(waits == std::vector<int>{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300});
  TargetState other = broken("lk01");
  other.causes[0].finding = "node-ip-private";
  outbox->tell(other, at(now));
  CHECK(body(*outbox, now + 2).at("events").at(0).at("appeared").at(0).at("finding") == "node-ip-private");
  outbox->answered({429, Milliseconds(20'000)}, at(now + 3));
  CHECK(outbox->next() == at(now + 23));
  outbox->tell(healthy("lk01"), at(now + 10));  // nothing was ever told
  CHECK(outbox->next() == Clock::time_point::max());
}

TEST_CASE("when all that is watched fails, the prober says that it is blind, and of the targets nothing") {
  const auto outbox = make_event_outbox(options());
  for (const char* name : {"lk01", "lk02", "lk03"}) outbox->tell(broken(name), at(0));
  const Json blind = body(*outbox, 2);
  CHECK(blind.at("blind") == true);
  CHECK(blind.at("events").empty());
  outbox->answered(kTaken, at(3));
  CHECK(outbox->next() == Clock::time_point::max());
  outbox->tell(healthy("lk01"), at(20));
  const Json sees = body(*outbox, 22);
  CHECK(sees.at("blind") == false);
  CHECK(targets_in(sees.at("events")) == std::vector<std::string>{"lk02", "lk03"});
}

TEST_CASE("a target that is no longer watched is not spoken of") {
  const auto outbox = make_event_outbox(options());
  outbox->tell(broken("lk01"), at(0));
  outbox->forget("lk01", kNoon, at(1));
  CHECK(outbox->next() == Clock::time_point::max());
}

TEST_CASE("what a report quotes of a peer stays one line of plain text in a body") {
  const auto outbox = make_event_outbox(options());
  TargetState state = broken("lk01");
  state.causes[0].title = "Says \x1b[31m\nX\xff" + std::string(2000, 'y');
  outbox->tell(state, at(0));
  const std::string title = body(*outbox, 2).at("events").at(0).at("appeared").at(0).at("title");
  CHECK(title.starts_with("Says \\x1b[31m\\nX\\xffyyy"));
  CHECK(title.size() < 700);
}

TEST_CASE("Alertmanager gets a cause as an alert, again every minute, and its end") {
  const auto outbox = make_alert_outbox(options());
  outbox->tell(broken("lk01"), at(0));
  const auto delivery = outbox->due(at(2), kNoon + 62'000);
  REQUIRE(delivery);
  CHECK(delivery->body ==
        R"([{"labels":{"alertname":"LiveKitDiagnosis","finding":"udp-range-filtered","prober":"dfn",)"
        R"("severity":"failure","target":"lk01"},"annotations":{"title":"UDP 20000-25000 does not pass.",)"
        R"("remedy":"Open the range","link":"https://probe.uni.example/t/lk01"},)"
        R"("startsAt":"2026-11-22T08:00:15.000Z","endsAt":"2026-11-22T08:05:02.000Z",)"
        R"("generatorURL":"https://probe.uni.example/t/lk01"}])"
        "\n");
  outbox->answered(kTaken, at(3));
  CHECK(outbox->next() == at(62));
  CHECK(body(*outbox, 61).is_null());
  CHECK(body(*outbox, 62).size() == 1);
  outbox->answered(kTaken, at(62));
  outbox->tell(healthy("lk01"), at(100));
  const Json over = body(*outbox, 102);
  CHECK(over.at(0).at("endsAt") == "2026-11-22T08:00:00.000Z");
  CHECK(over.at(0).at("startsAt") == "2026-11-22T08:00:15.000Z");
  outbox->answered(kTaken, at(103));
  CHECK(outbox->next() == Clock::time_point::max());
}

TEST_CASE("an alert that ends while it is under way, or with no answer, is ended at the receiver, too") {
  for (const DeliveryResult& result : {kTaken, kNoAnswer}) {
    const auto outbox = make_alert_outbox(options());
    outbox->tell(broken("lk01"), at(0));
    CHECK(body(*outbox, 2).size() == 1);
    outbox->tell(healthy("lk01"), at(3));
    outbox->answered(result, at(4));
    CHECK(body(*outbox, 20).at(0).at("endsAt") == "2026-11-22T08:00:00.000Z");
    outbox->answered(kTaken, at(21));
    CHECK(outbox->next() == Clock::time_point::max());
  }
}

TEST_CASE("an alert that came and went before anything was sent is not sent") {
  const auto outbox = make_alert_outbox(options());
  outbox->tell(broken("lk01"), at(0));
  outbox->tell(healthy("lk01"), at(1));
  CHECK(outbox->next() == Clock::time_point::max());
}

TEST_CASE("a verdict that stays unknown is an alert of its own, a quieter one") {
  const auto outbox = make_alert_outbox(options());
  outbox->tell({"lk17", kNoon, Verdict::unknown, kNoon - 60'000, "LiveKit drains (406).", {}}, at(0));
  const Json alert = body(*outbox, 2).at(0);
  CHECK(alert.at("labels") == Json({{"alertname", "LiveKitVerdictUnknown"},
                                    {"prober", "dfn"},
                                    {"severity", "info"},
                                    {"target", "lk17"}}));
  CHECK(alert.at("annotations").at("title") == "lk17 could not be judged. LiveKit drains (406).");
}

TEST_CASE(
    "a blind prober is one alert; what it took for faults of targets is held back, what stood before stays") {
  const auto outbox = make_alert_outbox(options());
  outbox->tell(broken("lk01"), at(0));
  outbox->tell(healthy("lk02"), at(0));
  outbox->tell(healthy("lk03"), at(0));
  CHECK(body(*outbox, 2).size() == 1);
  outbox->answered(kTaken, at(3));
  outbox->tell(broken("lk02"), at(30));
  CHECK(body(*outbox, 32).at(0).at("labels").at("target") == "lk02");
  outbox->answered(kTaken, at(33));
  outbox->tell(broken("lk03"), at(40));
  const Json blind = body(*outbox, 43);
  REQUIRE(blind.size() == 1);
  CHECK(blind.at(0).at("labels") ==
        Json({{"alertname", "LiveKitProbeBlind"}, {"prober", "dfn"}, {"severity", "failure"}}));
  CHECK(blind.at(0).at("annotations").at("title") ==
        "All 3 targets failed at once: this prober's own network, most likely.");
  outbox->answered(kTaken, at(43));
  const Json again = body(*outbox, 110);
  CHECK(again.size() == 3);
  outbox->answered(kTaken, at(110));
  outbox->tell(healthy("lk01"), at(120));
  const Json sees = body(*outbox, 122);
  CHECK(sees.size() == 3);  // two ends, and what was held back
}

TEST_CASE("a target that is no longer watched has no alert left standing") {
  const auto outbox = make_alert_outbox(options());
  outbox->tell(broken("lk01"), at(0));
  CHECK(body(*outbox, 2).size() == 1);
  outbox->answered(kTaken, at(2));
  outbox->forget("lk01", kNoon + 90'000, at(90));
  CHECK(body(*outbox, 92).at(0).at("endsAt") == "2026-11-22T08:01:30.000Z");
}

TEST_CASE("a blind prober is one whose targets began to fail at once, not one after another") {
  std::map<std::string, TargetState> states;
  for (const char* name : {"lk01", "lk02", "lk03", "lk04"}) states.emplace(name, broken(name));
  CHECK(is_blind(states));
  states.at("lk01").since_ms -= 24 * 3'600'000;  // was broken already when the rest went
  CHECK(is_blind(states));
  states.at("lk02").since_ms -= 3'600'000;
  CHECK_FALSE(is_blind(states));
}

TEST_CASE("a target that could never be judged says nothing of a blind prober") {
  std::map<std::string, TargetState> states;
  for (const char* name : {"lk01", "lk02", "lk03"}) states.emplace(name, broken(name));
  states.emplace("lk04", healthy("lk04"));
  CHECK_FALSE(is_blind(states));
  states.at("lk04").verdict = Verdict::unknown;
  states.at("lk04").ever_judged = false;
  CHECK(is_blind(states));
  states.at("lk03").ever_judged = false;
  CHECK_FALSE(is_blind(states));
}
