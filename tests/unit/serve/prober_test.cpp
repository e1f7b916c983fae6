// SPDX-License-Identifier: EUPL-1.2
#include "serve/prober.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "unit/engine/collectors.hpp"
#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using namespace lkdoctor::serve;
using namespace lkdoctor::test::collectors;
using namespace std::chrono_literals;

namespace {

using BlockPtr = std::shared_ptr<const Block>;
using Names = std::vector<std::string>;

/// Waits for ever at the targets whose name says so.
awaitable<Json> hang_if_told(Probe& probe) {
  if (probe.deployment().name.starts_with("hangs")) co_await pause(std::chrono::hours(1));
  co_return Json(probe.deployment().name);
}

engine::CheckList checks() {
  engine::CheckList out;
  out.push_back(std::make_unique<test::Fake>("http_public", hang_if_told));
  out.push_back(std::make_unique<test::Fake>("tls_public", good));
  return out;
}

Target target(const std::string& name, std::vector<Lane> lanes) {
  Target out;
  out.name = out.loaded.deployment.name = out.livekit = out.revision = name;
  out.loaded.deployment.run.vantage = Vantage::outside;
  out.loaded.deployment.run.deadline = 30s;
  out.module = {"few", std::move(lanes)};
  return out;
}

/// Healthy if every check ended by itself.
Report judge(const Target&, Deployment, Recording recording) {
  Report out;
  const bool all = std::ranges::all_of(recording.collected,
                                       [](const auto& one) { return one.second.observation.has_value(); });
  out.verdict = all ? Verdict::healthy : Verdict::unknown;
  for (const auto& [id, collected] : recording.collected) {
    CheckResult result;
    result.id = id;
    result.outcome = collected.observation ? Outcome::pass : Outcome::unknown;
    if (!collected.observation) result.reason = collected.failure;
    out.checks.push_back(std::move(result));
  }
  return out;
}

/// A prober on a loop, and what it tells.
struct Desk {
  Desk() {
    prober.emplace(io, list, judge,
                   Prober::Hooks{[this](const std::string& name) { ran.push_back(name); },
                                 [this](const Event& event) { events.push_back(event); }},
                   7);
  }

  void adopt(std::vector<Target> targets) {
    auto settings = std::make_shared<Settings>();
    settings->targets = std::move(targets);
    settings->modules = {{"few", {}}, {"tls", {{{"tls_public"}, 1h, false}}}};
    prober->adopt(std::move(settings));
  }
  /// Until `done`, for 20 s at most.
  void until(const std::function<bool()>& done) {
    const auto end = Clock::now() + 20s;
    while (!done() && Clock::now() < end) io.run_one_for(100ms);
    REQUIRE(done());
  }
  std::ptrdiff_t runs_of(const std::string& name) const { return std::ranges::count(ran, name); }
  void ask(const std::string& name, const std::string& module, Milliseconds patience, BlockPtr& into,
           bool& ended) {
    boost::asio::co_spawn(
        io, prober->probe(name, module, patience),
        boost::asio::bind_cancellation_slot(leave.slot(), [&](const std::exception_ptr&, BlockPtr block) {
          into = std::move(block);
          ended = true;
        }));
  }

  engine::CheckList list = checks();
  boost::asio::io_context io{1};
  boost::asio::cancellation_signal leave;
  Names ran;
  std::vector<Event> events;
  std::optional<Prober> prober;
};

std::string text_of(const BlockPtr& block, Metric metric) {
  return std::string(block->samples(metric, TextFormat::prometheus));
}

const std::vector<Lane> kOften{{{"http_public", "tls_public"}, 50ms, false}};
const std::vector<Lane> kRarely{{{"http_public", "tls_public"}, 1h, false}};

}  // namespace

TEST_CASE("every target runs soon, and again when its lane is due") {
  Desk desk;
  desk.adopt({target("a", kOften), target("b", kOften)});
  CHECK(desk.prober->board().report("a") == nullptr);
  desk.until([&] { return desk.runs_of("a") >= 3 && desk.runs_of("b") >= 3; });
  CHECK(desk.prober->board().report("a")->verdict == Verdict::healthy);
}

TEST_CASE("a target that hangs holds up no other") {
  Desk desk;
  desk.adopt({target("hangs", kOften), target("b", kOften)});
  desk.until([&] { return desk.runs_of("b") >= 5; });
  CHECK(desk.runs_of("hangs") == 0);
}

TEST_CASE("who probes gets a run of their own, and what came of it") {
  Desk desk;
  desk.adopt({target("a", kRarely)});
  desk.until([&] { return desk.runs_of("a") == 1; });
  BlockPtr answer;
  bool ended = false;
  desk.ask("a", "", 10s, answer, ended);
  desk.until([&] { return ended; });
  REQUIRE(answer);
  CHECK(desk.runs_of("a") == 2);
  CHECK(text_of(answer, Metric::probe_success) == "probe_success 1\n");
}

TEST_CASE("a probe that finds a run under way waits for its end") {
  Desk desk;
  desk.adopt({target("a", kRarely)});
  BlockPtr answer;
  bool ended = false;
  desk.until([&] { return desk.prober->is_running("a"); });
  desk.ask("a", "", 10s, answer, ended);
  desk.until([&] { return ended; });
  CHECK(desk.runs_of("a") == 1);
  CHECK(text_of(answer, Metric::probe_success) == "probe_success 1\n");
}

TEST_CASE("another module is run and told by itself") {
  Desk desk;
  desk.adopt({target("a", kRarely)});
  BlockPtr answer;
  bool ended = false;
  desk.ask("a", "tls", 10s, answer, ended);
  desk.until([&] { return ended; });
  CHECK(text_of(answer, Metric::probe_success) == "probe_success 1\n");
  CHECK(text_of(answer, Metric::check_state).find("http_public") == std::string::npos);
  CHECK(desk.runs_of("a") == 1);
}

TEST_CASE("a run that does not end within the scraper's patience is unknown") {
  Desk desk;
  desk.adopt({target("hangs", kRarely)});
  BlockPtr answer;
  bool ended = false;
  desk.ask("hangs", "", 1500ms, answer, ended);
  desk.until([&] { return ended; });
  CHECK(text_of(answer, Metric::probe_success) == "probe_success 0\n");
}

TEST_CASE("when the scraper leaves, its run is cancelled") {
  Desk desk;
  desk.adopt({target("hangs", kRarely)});
  BlockPtr answer;
  bool ended = false;
  desk.ask("hangs", "", 20s, answer, ended);
  desk.io.run_for(200ms);
  CHECK_FALSE(ended);
  desk.leave.emit(boost::asio::cancellation_type::terminal);
  desk.until([&] { return ended && desk.runs_of("hangs") == 1; });
}

TEST_CASE("after a reload new targets run, and what is gone is told no more") {
  Desk desk;
  desk.adopt({target("a", kOften), target("hangs", kOften)});
  desk.until([&] { return desk.runs_of("a") >= 1; });
  desk.adopt({target("b", kOften)});
  CHECK(desk.prober->board().names() == Names{"b"});
  desk.until([&] { return desk.runs_of("b") >= 2; });
  const auto before = desk.runs_of("a");
  desk.until([&] { return desk.runs_of("b") >= 5; });
  CHECK(desk.runs_of("a") == before);
  CHECK(desk.runs_of("hangs") == 0);
}

TEST_CASE("a prober that has stopped tells nothing any more") {
  Desk desk;
  desk.adopt({target("a", kOften), target("hangs", kOften)});
  desk.until([&] { return desk.runs_of("a") >= 1; });
  desk.prober->stop(2s);
  const auto before = desk.ran.size();
  desk.io.run_for(300ms);
  CHECK(desk.ran.size() == before);
}
