// SPDX-License-Identifier: EUPL-1.2
#include "engine/workshop_loop.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <boost/asio/io_context.hpp>

#include "unit/engine/collectors.hpp"
#include "unit/engine/fake.hpp"

using namespace lkdoctor;
using namespace lkdoctor::test::collectors;
using test::Fake;

namespace {

/// A loop on which jobs of single checks run.
struct Hall {
  explicit Hall(const std::vector<const Fake*>& fakes)
      : loop(std::in_place, io.get_executor(), engine::Scope{{fakes.begin(), fakes.end()}, {&deployment}},
             test::quick().limits) {}

  engine::JobNumber start(const Fake& check, engine::WorkshopLoop::Done done) {
    return loop->start(0, test::plan_of({&check}), {}, std::move(done));
  }
  void run() { io.run_for(std::chrono::seconds(30)); }

  Deployment deployment;
  asio::io_context io{1};
  std::optional<engine::WorkshopLoop> loop;
};

}  // namespace

TEST_CASE("a loop's jobs end one by one, and the end of one may start the next") {
  Fake check("check", good), crashes("crashes", abort_it);
  Hall hall({&check, &crashes});
  std::vector<std::string> ends;
  hall.start(crashes, [&](Recording first) {
    ends.push_back(first.collected.at("crashes").failure);
    hall.start(check, [&](Recording second) {
      ends.push_back(second.collected.at("check").observation->dump());
      hall.io.stop();
    });
  });
  CHECK(ends.empty());
  hall.run();
  CHECK(ends == std::vector<std::string>{"crashed (signal 6)", "{\"ok\":true}"});
  CHECK(hall.loop->is_idle());
}

TEST_CASE("a job may be cancelled from the loop, from inside another's end, too") {
  Fake slow("slow", hang), check("check", good);
  Hall hall({&slow, &check});
  bool interrupted = false;
  const auto job = hall.start(slow, [&](Recording recording) {
    interrupted = recording.interrupted;
    hall.io.stop();
  });
  hall.start(check, [&](Recording) { hall.loop->cancel(job); });
  hall.run();
  CHECK(interrupted);
}

TEST_CASE("a loop that is destroyed while jobs run calls nobody and leaves no process") {
  Fake slow("slow", hang), check("check", good);
  Hall hall({&slow, &check});
  hall.start(slow, [](Recording) { FAIL("nobody waits for it"); });
  hall.start(check, [&](Recording) { hall.io.stop(); });
  hall.run();
  hall.loop.reset();
  hall.io.restart();
  hall.run();
  CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
}
