// SPDX-License-Identifier: EUPL-1.2
#include "serve/telling.hpp"

#include <csignal>
#include <lkdoctor/json.hpp>

#include "hook.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace std::chrono_literals;
using test::head_of;
using test::Hook;
using test::posted_body;

namespace {

constexpr std::int64_t kNoon = 1'795'334'400'000;  // 2026-11-22T08:00:00Z

OutboxOptions options() {
  OutboxOptions out;
  out.external_url = "https://probe.uni.example";
  out.labels = {{"prober", "dfn"}};
  return out;
}

TargetState broken() {
  TargetState state{"lk01", kNoon, Verdict::broken, kNoon, "UDP does not pass.", {}};
  state.causes = {
      {"udp-range-filtered", Severity::failure, "UDP 20000-25000 does not pass.", "Open the range", kNoon}};
  return state;
}

/// A clock that the tests move.
struct Prober {
  explicit Prober(std::vector<Receiver> receivers) : telling(std::move(receivers), options()) {}

  void to(Clock::time_point when) {
    now = when;
    telling.advance(now, kNoon + std::chrono::duration_cast<Milliseconds>(now - start).count());
  }
  void step() {
    test::wait_for(telling.fd());
    to(now);
  }
  void break_down() {
    telling.changed(broken(), now);
    to(telling.next_wake());
  }
  /// The sentences, when there are so many.
  std::vector<std::string> told(std::size_t number) {
    std::vector<std::string> out;
    while (out.size() < number) {
      std::ranges::move(telling.take_told(), std::back_inserter(out));
      if (out.size() < number) step();
    }
    return out;
  }
  void wait_for(const Hook& hook, std::size_t requests) {
    while (hook.requests().size() < requests) step();
  }

  const Clock::time_point start = Clock::now();
  Clock::time_point now = start;
  Telling telling;
};

}  // namespace

TEST_CASE("each receiver is told in its own language") {
  const Hook hook, alerts;
  Prober prober({hook.receiver(), alerts.receiver(Receiver::Kind::alertmanager)});
  prober.break_down();
  prober.wait_for(hook, 1);
  prober.wait_for(alerts, 1);
  CHECK(head_of(hook.requests()[0]).starts_with("POST /changes HTTP/1.1\r\n"));
  CHECK(head_of(alerts.requests()[0]).starts_with("POST /changes/api/v2/alerts HTTP/1.1\r\n"));
  const Json event = Json::parse(posted_body(hook.requests()[0])),
             alert = Json::parse(posted_body(alerts.requests()[0]));
  CHECK(event.at("schema") == "lkdoctor.events/1");
  CHECK(event.at("events").at(0).at("target") == "lk01");
  CHECK(alert.at(0).at("labels") == Json({{"alertname", "LiveKitDiagnosis"},
                                          {"finding", "udp-range-filtered"},
                                          {"prober", "dfn"},
                                          {"severity", "failure"},
                                          {"target", "lk01"}}));
  CHECK(prober.telling.take_told().empty());
}

TEST_CASE("a receiver that is busy is told again when it said, and its failure and recovery are told once") {
  const std::string busy = "HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nContent-Length: 0\r\n\r\n";
  const Hook hook({busy, busy, test::kTaken});
  Prober prober({hook.receiver()});
  prober.break_down();
  CHECK(prober.told(1) == std::vector<std::string>{"the webhook at " + hook.url() +
                                                   " could not be told of changes: it answers 503; this is "
                                                   "tried again until it can"});
  CHECK(prober.telling.next_wake() == prober.now + 120s);
  prober.to(prober.now + 119s);
  CHECK(hook.requests().size() == 1);
  prober.to(prober.now + 1s);
  prober.wait_for(hook, 2);
  while (prober.telling.next_wake() != prober.now + 120s) prober.step();
  prober.to(prober.now + 120s);
  CHECK(prober.told(1) ==
        std::vector<std::string>{"the webhook at " + hook.url() + " is told of changes again"});
  REQUIRE(hook.requests().size() == 3);
  CHECK(Json::parse(posted_body(hook.requests()[2])).at("events") ==
        Json::parse(posted_body(hook.requests()[0])).at("events"));
  CHECK(prober.telling.next_wake() == Clock::time_point::max());
}

TEST_CASE("a receiver that is away is told when it is back, and nobody else waits for that") {
  const Hook hung({""}), hook;
  const Receiver away{Receiver::Kind::webhook, "http://" + text(test::closed_port()), {}, {}};
  Prober prober({away, hung.receiver(), hook.receiver()});
  prober.break_down();
  prober.wait_for(hook, 1);
  const auto told = prober.told(1);
  REQUIRE(told.size() == 1);
  CHECK(told[0].ends_with(
      " could not be told of changes: connect: connection refused; this is tried again until it can"));
  CHECK(prober.telling.next_wake() <= prober.now + 1s);
}

TEST_CASE("what was under way when the child died is told by its successor") {
  const Hook hook({"", test::kTaken});
  Prober prober({hook.receiver()});
  prober.break_down();
  while (hook.requests().empty()) std::this_thread::yield();
  kill(prober.telling.child(), SIGKILL);
  const std::string name = "the webhook at " + hook.url();
  CHECK(prober.told(2) ==
        std::vector<std::string>{
            name + " could not be told of changes: lkdoctor's process for that has died; this "
                   "is tried again until it can",
            "the process that tells receivers has died; another one is started"});
  prober.to(prober.telling.next_wake());
  CHECK(prober.told(1) == std::vector<std::string>{name + " is told of changes again"});
  CHECK(hook.requests().size() == 2);
}

TEST_CASE("a target that is no longer watched is over for Alertmanager") {
  const Hook alerts;
  Prober prober({alerts.receiver(Receiver::Kind::alertmanager)});
  prober.break_down();
  prober.wait_for(alerts, 1);
  prober.telling.forget("lk01", kNoon + 30'000, prober.now);
  while (alerts.requests().size() < 2) {
    if (prober.telling.next_wake() <= prober.now + 10s) prober.to(prober.telling.next_wake());
    prober.step();
  }
  CHECK(Json::parse(posted_body(alerts.requests()[1])).at(0).at("endsAt") == "2026-11-22T08:00:30.000Z");
}

TEST_CASE("without receivers there is no process, and nothing to wait for") {
  Prober prober({});
  prober.telling.changed(broken(), prober.now);
  prober.to(prober.now + 10s);
  CHECK(prober.telling.fd() == -1);
  CHECK(prober.telling.child() == -1);
  CHECK(prober.telling.next_wake() == Clock::time_point::max());
  CHECK(prober.telling.take_told().empty());
}
